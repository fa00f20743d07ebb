/** `.env.example`, made from the schema so that it is never out of date. */
import { about, environment, variables } from './schema.ts';
import type { VariableName } from './schema.ts';

const HEAD = `# Every variable Sarraf reads, all of them optional on a laptop. Made from config/schema.ts by
#   node --import tsx/esm config/print-env-example.ts > .env.example
# Sarraf reads the environment, not this file: pass a copy with \`node --env-file\`, your shell or your platform.
`;

const TAIL = `
# The port of one provider's simulator, by the provider's name; free when unset.
# SANDBOX_FINAN_PORT=8091
`;

/** The text of `.env.example`. */
export function envExample(): string {
  const defaults = environment.parse({ simulatorPorts: {} });
  let group = '';
  let text = HEAD;
  for (const name of Object.keys(variables) as VariableName[]) {
    const facts = about.get(variables[name]);
    if (facts === undefined) throw new Error(`${name} has no description in config/schema.ts`);
    if (facts.group !== group) {
      group = facts.group;
      text += `\n# ---- ${group} ----\n`;
    }
    const value = defaultText(defaults[name]) ?? (facts.secret ? '' : (facts.example ?? ''));
    text += `\n${facts.text.replaceAll(/^/gm, '# ')}\n# ${name}=${value}\n`;
  }
  return text + TAIL;
}

function defaultText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
