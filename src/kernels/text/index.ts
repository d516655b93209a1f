export {
  C4_CODES,
  C4_RULES,
  type C4LineRules,
  CONTROL,
  LONE_SURROGATE,
  OTHER_BREAK,
  SPACE_AT_ENDS,
  TextKernel,
  TRAILING_SPACE,
  UNSETTLED,
} from "./kernel.ts";
export type { TextTables, WordPlaces } from "./tables.ts";
