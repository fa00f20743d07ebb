/** Types of `steps.mjs` for TypeScript. */
export interface Step {
  progress(done: number, total: number | null): void;
  done(detail?: string): void;
  failed(detail?: string): void;
}

export interface Steps {
  step(title: string): Step;
}

export function createSteps(stream: NodeJS.WriteStream): Steps;
