// `node --import ./scripts/register-ts.mjs file.ts` runs the project's own TypeScript (scripts, benches) on Node 20, which
// cannot strip types. Users get the same through `millrace run`.
import { register } from "node:module";

register("./strip-types.mjs", import.meta.url);
