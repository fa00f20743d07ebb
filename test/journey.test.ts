import { SCENES, type Stage } from '../cli/journey/index.ts';
import { settledViolations } from './setup/invariants.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

describe('the journey of an invoice, on the real engines', () => {
  let stack: TestStack;
  let stage: Stage;

  beforeAll(async () => {
    stack = await startTestStack();
    const { merchantApi: api, control: sandbox, pool, killWorker } = stack;
    stage = { api, sandbox, pool, killWorker, say: () => undefined, showQr: () => undefined };
  }, STACK_TIMEOUT_MS);
  afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

  it.each(SCENES.map((scene) => [scene.title, scene] as const))(
    '%s',
    async (_title, scene) => {
      expect(await scene.play(stage)).not.toBe('');
    },
    120_000,
  );

  it('leaves a record in which every invariant holds', async () => {
    expect(await settledViolations(stack)).toEqual([]);
  });
});
