import { defineConfig } from "vitest/config";

const json = process.env["MILLRACE_TEST_JSON"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // CI machines have two cores, and some tests start child processes of their own.
    maxWorkers: 2,
    // CI reads the counts from a file.
    ...(json === undefined ? {} : { reporters: ["default", "json"], outputFile: { json } }),
  },
});
