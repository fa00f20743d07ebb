/** What is wrong with the configuration, all of it at once, and never a secret's value. */
import type { z } from 'zod';
import { about, isVariable, variables } from './schema.ts';
import type { VariableName } from './schema.ts';

export interface Problem {
  readonly variable: string;
  /** Reads on after the name: `is missing`. */
  readonly wrong: string;
  /** What would be right, or null when that is plain. */
  readonly right: string | null;
}

/** Thrown by the loaders in `config.ts`; `message` is ready to be shown to a person. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ variable, wrong, right }) => {
      return `  ${variable} ${wrong}${right === null ? '' : `; expected ${right}`}`;
    });
    super(
      `the configuration has ${count(problems.length)}:\n${lines.join('\n')}\n  (all variables: .env.example)`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Schema issues and missing variables as problems, in the order of the schema. `set` holds the variables that are not empty. */
export function problemsIn(
  issues: readonly z.core.$ZodIssue[],
  set: Readonly<Record<string, string | undefined>>,
  required: readonly VariableName[],
): Problem[] {
  const invalid = issues.map((issue): Problem => {
    const variable = variableOf(issue.path);
    return { variable, wrong: describe(variable, set[variable]), right: issue.message };
  });
  const missing = required
    .filter((name) => set[name] === undefined)
    .map((name): Problem => ({ variable: name, wrong: 'is missing', right: hint(name) }));
  return [...invalid, ...missing];
}

function variableOf(path: readonly PropertyKey[]): string {
  const [first, provider] = path;
  return first === 'simulatorPorts' ? `SANDBOX_${String(provider).toUpperCase()}_PORT` : String(first);
}

function describe(variable: string, text: string | undefined): string {
  const schema = isVariable(variable) ? variables[variable] : undefined;
  const secret = schema && about.get(schema)?.secret;
  return secret || text === undefined ? 'is not valid' : `is ${JSON.stringify(text.slice(0, 100))}`;
}

function hint(name: VariableName): string | null {
  return about.get(variables[name])?.example ?? null;
}

function count(problems: number): string {
  return problems === 1 ? 'a problem' : `${problems} problems`;
}
