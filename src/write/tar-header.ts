/**
 * Plain ustar headers (POSIX.1-1988), the only kind every reader of training shards takes. All fields but name, size and
 * checksum are fixed: mode 0444, uid and gid 0 without names, time 0. Python's default writer asks for a float time and so
 * adds 1,024 bytes of PAX header to every member; a fixed integer needs none, and makes the bytes reproducible.
 *
 * Ours rather than `tar-stream`'s because that one pipes every member through a stream of its own; tests prove that
 * `tar-stream`, Python's `tarfile` and `webdataset` read the same names and bytes back.
 */

export const BLOCK = 512;
/** Archives are padded to a multiple of this (20 blocks), as `tar` itself does. */
const RECORD = 10_240;
/** Longest member name a header holds without extensions. */
export const MAX_NAME = 100;
/** Eleven octal digits. */
const MAX_SIZE = 8 ** 11 - 1;

const SIZE = 124;
const CHECKSUM = 148;
const TYPE = 156;

const TEMPLATE = template();
const TEMPLATE_SUM = TEMPLATE.reduce((sum, byte) => sum + byte, 0);

function template(): Buffer {
  const header = Buffer.alloc(BLOCK);
  const field = (at: number, text: string): void => void header.write(text, at, "latin1");
  field(100, "0000444\0"); // mode
  field(108, "0000000\0"); // uid
  field(116, "0000000\0"); // gid
  field(136, "00000000000\0"); // mtime
  field(CHECKSUM, "        "); // counts as spaces while it is being computed
  field(TYPE, "0"); // a regular file
  field(257, "ustar\x0000");
  field(329, "0000000\0"); // device numbers
  field(337, "0000000\0");
  return header;
}

/** Writes the header of a regular file at `at`. `name` is ASCII, at most 100 bytes; 8 GiB or more is a `RangeError`. */
export function fillHeader(name: string, size: number, into: Buffer, at: number): void {
  if (name.length > MAX_NAME) throw new RangeError(`tar: the member name ${name} is longer than ${MAX_NAME} bytes`);
  checkSize(size);
  into.set(TEMPLATE, at);
  let sum = TEMPLATE_SUM;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    into[at + i] = code;
    sum += code;
  }
  let rest = size;
  for (let i = SIZE + 10; i >= SIZE; i--) {
    const digit = 48 + (rest % 8);
    into[at + i] = digit;
    sum += digit;
    rest = Math.floor(rest / 8);
  }
  for (let i = CHECKSUM + 5; i >= CHECKSUM; i--) {
    into[at + i] = 48 + (sum % 8);
    sum = Math.floor(sum / 8);
  }
  into[at + CHECKSUM + 6] = 0;
}

/** A member of 8 GiB or more does not fit a plain header. */
export function checkSize(size: number): void {
  if (size > MAX_SIZE) throw new RangeError(`a member of ${size} bytes does not fit a plain tar header, which holds at most ${MAX_SIZE}`);
}

/** Zero bytes after a member's data, up to the next block. */
export function blockPadding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Zero bytes that end an archive of this many bytes: two blocks at least, up to a whole record. */
export function archivePadding(size: number): number {
  return Math.ceil((size + 2 * BLOCK) / RECORD) * RECORD - size;
}
