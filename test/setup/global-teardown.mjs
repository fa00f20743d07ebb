/** Runs once after all test files: stops the engines that `global-setup.mjs` started, if any. */
export default async function teardown() {
  await globalThis.stopTestEngines();
}
