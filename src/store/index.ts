/** Where bytes lie: listing, streams, decompression, and files that appear whole or not at all. */
export { type AtomicFile, createAtomic, createIfAbsent, linkIfAbsent, syncFolder } from "./atomic.ts";
export { detectCompression, HEAD_BYTES, withoutCompression } from "./compression.ts";
export { readEntry } from "./decompress.ts";
export { readState, writeState } from "./state-file.ts";
export { type Entry, type Store, type StreamOptions, storeFor } from "./store.ts";
