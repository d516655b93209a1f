export { type ChatOptions, chat } from "./chat.ts";
export type { ConfigToken, NamedTemplate, TokenizerConfig } from "./source.ts";
export type { Spanned, TextSpans } from "./spans.ts";
