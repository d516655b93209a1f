export { TokenizerFormatError, UnsupportedTokenizerError } from "./errors.ts";
export {
  createHfTokenizer,
  type HfDecodeOptions,
  type HfEncodeOptions,
  type HfEncoding,
  type HfOffsetOptions,
  HfTokenizer,
} from "./hf-tokenizer.ts";
export type { OffsetUnit } from "./offset-table.ts";
export type { ByteLevelPlan } from "./plan.ts";
