/** Tests stand beside what they test; what needs the real engines is under test/. */
export default {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/setup/global-setup.mjs',
  globalTeardown: '<rootDir>/test/setup/global-teardown.mjs',
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/.data/'],
  modulePathIgnorePatterns: ['<rootDir>/.data/'],
  transform: {
    '^.+\\.(ts|mjs)$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
      },
    ],
  },
  // Only its other build can be loaded here.
  moduleNameMapper: { '^marked$': '<rootDir>/node_modules/marked/lib/marked.umd.js' },
  extensionsToTreatAsEsm: [],
  maxWorkers: 3,
  // Stories that wait for each other's answers and not for each other: customers who pay at the same time.
  maxConcurrency: 4,
  // What a hung test may take. Nothing is measured in tests: machines that run them are often busy.
  testTimeout: 30_000,
};
