import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    // CI machines have two cores and tests start child processes of their own.
    maxWorkers: 2,
  },
});
