import { clean, padBatch, read, tokenize } from "../../../src/index.ts";

export const misspelt: unknown = read("x").pipe(clean({ langages: ["en"] }));
export const noBudget: unknown = read("x").pipe(tokenize("cl100k_base")).pipe(padBatch({}));
