import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Jimp } from 'jimp'
import { numberOf } from './chance.ts'

export const pictureSize = { width: 480, height: 360 } as const

/** Paints pictures and yields their files as soon as they are written: every third a PNG, the others JPEG. */
export async function* paintPictures(folder: string, count: number): AsyncGenerator<string> {
  for (let number = 1; number <= count; number++) {
    const file = join(folder, `Frühling ${number}.${number % 3 === 0 ? 'png' : 'jpg'}`)
    await paint(number).write(file as `${string}.${string}`)
    yield file
    await setImmediate()
  }
}

/** Hills under a sky, other ones for each number. */
function paint(number: number) {
  const { width, height } = pictureSize
  const picture = new Jimp({ width, height })
  const { data } = picture.bitmap
  const hills = [1, 2, 3].map((hill) => ({
    top: height * (0.3 + 0.17 * hill),
    wave: 60 + numberOf(`wave ${number} ${hill}`, 120),
    shift: numberOf(`shift ${number} ${hill}`, 1_000),
    green: 190 - 45 * hill,
  }))
  for (let x = 0; x < width; x++) {
    const tops = hills.map(({ top, wave, shift }) => top + 40 * Math.sin((x + shift) / wave))
    for (let y = 0; y < height; y++) {
      const hill = tops.findLastIndex((top) => y > top)
      const offset = (y * width + x) * 4
      const grain = ((x * 31) ^ (y * 17) ^ number) & 15
      data[offset] = (hill < 0 ? 120 + y / 6 : 60) + grain
      data[offset + 1] = (hill < 0 ? 170 : (hills[hill]?.green ?? 0)) + grain
      data[offset + 2] = (hill < 0 ? 235 : 50) - grain
      data[offset + 3] = 255
    }
  }
  return picture
}
