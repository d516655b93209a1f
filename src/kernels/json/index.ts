/** JSON lines that hold a document each. */
export { BackOff } from "./back-off.ts";
export { LineKernel, LONGEST_LINE } from "./kernel.ts";
