import { basename, extname, join } from 'node:path'
import { Jimp } from 'jimp'

export interface Thumbnail {
  readonly file: string
  readonly width: number
  readonly height: number
}

/** Writes `<folder>/<name>-<width><ext>` for every width, keeping proportions and format. Written again, it is the same file. */
export default async function resizePicture(input: {
  readonly file: string
  readonly folder: string
  readonly widths: readonly number[]
}): Promise<readonly Thumbnail[]> {
  const picture = await Jimp.read(input.file)
  const extension = extname(input.file)
  const thumbnails: Thumbnail[] = []
  for (const width of input.widths) {
    const smaller = picture.clone().resize({ w: width })
    const file = `${basename(input.file, extension)}-${width}${extension}`
    await smaller.write(join(input.folder, file) as `${string}.${string}`)
    thumbnails.push({ file, width: smaller.width, height: smaller.height })
  }
  return thumbnails
}
