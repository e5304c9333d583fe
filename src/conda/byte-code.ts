/** Before the code: what Python it is of, flags, and eight bytes of its source's time and size (PEP 552). */
const HEADER_BYTES = 16;
const FLAGS = 4;
const GOES_BY_TIME = 0;
/** Goes by the digest of its source, which nobody looks at. */
const UNCHECKED = 1;

/** Byte-code that goes by the time of its source, which no layer has, as byte-code that is taken as it is. */
export function withoutTime(content: Buffer): Buffer {
  if (content.length < HEADER_BYTES || content.readUInt32LE(FLAGS) !== GOES_BY_TIME) return content;
  const changed = Buffer.from(content);
  changed.fill(0, FLAGS + 4, HEADER_BYTES);
  changed.writeUInt32LE(UNCHECKED, FLAGS);
  return changed;
}
