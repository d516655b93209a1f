/**
 * Which worker reads what. With n files and w workers the first n - n % w files are dealt out whole, one after the other;
 * the n % w files left over are read by all workers, each yielding every w-th record. So every record is read exactly once,
 * the shares differ by little whatever the number of files, and the rule depends on nothing but the list of files.
 *
 * Turned down: dealing all files by number (with fewer files than workers, some workers get nothing), and every w-th record
 * of every file (each worker would decompress everything).
 */

/** One of `count` workers; `index` counts from 0. */
export interface Worker {
  readonly index: number;
  readonly count: number;
}

/** Which records of file number `file` the worker reads: all, none, or those for which the function is true. */
export function share(worker: Worker, file: number, files: number): "all" | "none" | ((record: number) => boolean) {
  const { index, count } = worker;
  if (file < files - (files % count)) return file % count === index ? "all" : "none";
  // Shifted by the file's number, so that files of one record each do not all fall to the first worker.
  return (record) => (record + file) % count === index;
}
