import { type WasmMemory, type WasmModule, wasmModule } from "../wasm.ts";

/** What assembly/index.ts exports. Addresses are byte offsets into `memory`. */
export interface KernelExports {
  readonly memory: WasmMemory;
  createColumns(window: number, documents: number, signature: number): number;
  windowAddress(): number;
  columnsAddress(): number;
  consumedBytes(): number;
  unpack(length: number, at: number, priorities: number, names: number): number;
  createPartitions(
    bands: number,
    rows: number,
    bandBits: number,
    exactBits: number,
    slice: number,
    blockBytes: number,
    blocks: number,
  ): number;
  sliceAddress(): number;
  cursorsAddress(): number;
  headsAddress(): number;
  blockChainAddress(): number;
  poolAddress(): number;
  bytesIn(partition: number): number;
  emptyPartitions(): void;
  distribute(count: number, first: number): number;
  reachTo(end: number): number;
  createLinks(address: number, room: number): number;
  linksAddress(): number;
  beginPartition(entryBytes: number, bitsPassed: number, bits: number, address: number, bytes: number): number;
  countEntries(address: number, bytes: number): number;
  placeGroups(address: number): number;
  scatterEntries(address: number, bytes: number): number;
  nextLinks(count: number): number;
  beginInMemory(partition: number, entryBytes: number, address: number): number;
  nextLinksInMemory(count: number): number;
  createUnions(bytes: number, documents: number): number;
  unionWindowAddress(): number;
  unite(count: number, exact: number): number;
  settle(giant: number): number;
  largestComponent(): number;
  giantComponents(): number;
  documentsInGiants(): number;
  tell(begin: number, end: number, sizes: number): number;
  toldUntil(): number;
}

/** The compiled kernel, or undefined where there is no WebAssembly SIMD. */
export function clusterModule(): WasmModule | undefined {
  return wasmModule(new URL("./cluster.wasm", import.meta.url));
}

/** The next multiple of 64: where the kernel's columns begin. */
export function aligned(address: number): number {
  return Math.ceil(address / 64) * 64;
}
