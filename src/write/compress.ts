import { once } from "node:events";
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** A compressor that is fed chunk by chunk; the work runs on a thread of the pool. */
export interface Compressor {
  /** The chunk may be reused once the promise settles. */
  push(chunk: Uint8Array): Promise<readonly Uint8Array[]>;
  end(): Promise<readonly Uint8Array[]>;
  /** Frees what an unfinished compressor holds. */
  destroy(): void;
}

/** Part of `node:zlib` from Node 22.15 on. */
type CreateZstd = (options: { readonly chunkSize: number; readonly params: Readonly<Record<number, number>> }) => Transform;
const ZSTD_COMPRESSION_LEVEL = 100; // ZSTD_c_compressionLevel of zstd.h

const createZstd = (zlib as unknown as { readonly createZstdCompress?: CreateZstd }).createZstdCompress;

/** Whether this Node can write Zstandard. */
export const HAS_ZSTD: boolean = createZstd !== undefined;

const OUT_CHUNK = 1 << 18;
const OS_BYTE = 9;
const OS_UNKNOWN = 255;

/**
 * One gzip member. zlib writes the time as 0 already, but its header also says which system it was compiled for; that
 * byte becomes "unknown", so that the same records give the same bytes on Linux, macOS and Windows.
 */
export function gzip(level: number): Compressor {
  const inner = streamed(zlib.createGzip({ level, chunkSize: OUT_CHUNK }));
  let headerSeen = false;
  const mend = (chunks: readonly Uint8Array[]): readonly Uint8Array[] => {
    const first = chunks[0];
    if (!headerSeen && first !== undefined) {
      headerSeen = true;
      first[OS_BYTE] = OS_UNKNOWN; // zlib always puts the ten bytes of the header into its first chunk
    }
    return chunks;
  };
  return { push: async (chunk) => mend(await inner.push(chunk)), end: async () => mend(await inner.end()), destroy: inner.destroy };
}

/** One Zstandard frame. */
export function zstd(level: number): Compressor {
  if (createZstd === undefined) throw new Error("this Node has no Zstandard compressor");
  return streamed(createZstd({ chunkSize: OUT_CHUNK, params: { [ZSTD_COMPRESSION_LEVEL]: level } }));
}

function streamed(stream: Transform): Compressor {
  let out: Uint8Array[] = [];
  stream.on("data", (bytes: Uint8Array) => out.push(bytes));
  stream.on("error", () => {}); // the promises below carry it
  const take = (): readonly Uint8Array[] => {
    const taken = out;
    out = [];
    return taken;
  };
  return {
    push: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error == null ? resolve(take()) : reject(error)));
      }),
    end: async () => {
      const ended = once(stream, "end");
      stream.end();
      await ended;
      return take();
    },
    destroy: () => stream.destroy(),
  };
}
