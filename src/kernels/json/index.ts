/** JSON lines that hold a document each. */
export { LineKernel, LONGEST_LINE } from "./kernel.ts";
