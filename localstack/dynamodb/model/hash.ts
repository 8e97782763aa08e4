/** Hashes are whole numbers below this. */
export const SEGMENT_SPACE = 2 ** 31

/** Spreads partition keys evenly (FNV-1a with a last mix): the order of scans, and what their segments divide. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 1
}
