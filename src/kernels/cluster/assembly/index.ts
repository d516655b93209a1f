// What deduplication out of core does with fingerprints, in linear memory: records become columns (columns.ts), columns become keys in
// partitions (partitions.ts), the keys of a partition become links between documents (links.ts), and links components (unions.ts). The host (../kernel.ts) calls
// these functions; every place and count that comes from there is checked against what was laid out.
export { createColumns, columnsAddress, consumedBytes, unpack, windowAddress } from "./columns";
export {
  beginInMemory,
  beginPartition,
  countEntries,
  createLinks,
  linksAddress,
  nextLinks,
  nextLinksInMemory,
  placeGroups,
  scatterEntries,
} from "./links";
export { reachTo } from "./memory";
export {
  blockChainAddress,
  bytesIn,
  cursorsAddress,
  createPartitions,
  distribute,
  emptyPartitions,
  headsAddress,
  poolAddress,
  sliceAddress,
} from "./partitions";
export {
  createUnions,
  documentsInGiants,
  giantComponents,
  largestComponent,
  settle,
  tell,
  toldUntil,
  unionWindowAddress,
  unite,
} from "./unions";
