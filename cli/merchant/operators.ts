/** `sarraf operators …`: the people who may use the operations pages. It works on the database itself, so whoever may do this is trusted. */
import { randomBytes } from 'node:crypto';
import { InvalidArgumentError, type Command } from 'commander';
import type pg from 'pg';
import { loadConfig } from '../../config/index.ts';
import {
  createOperator,
  disableOperator,
  listOperators,
  OPERATOR_NAME,
  ROLES,
  setPassword,
  setRole,
  type Role,
} from '../../db/operators.ts';
import { createPool } from '../../db/pool.ts';
import { lastAddresses } from '../runtime-file.ts';
import { isJson } from './api.ts';
import { readInput } from './input.ts';
import { columns } from './print.ts';

const PASSWORD_MIN = 12;
const PASSWORD_MAX = 1_000;
const GENERATED_BYTES = 18;

interface Options {
  readonly role?: Role;
  readonly merchant?: string;
  readonly passwordFile?: string;
}

/** Adds the commands to the program. */
export function addOperators(program: Command): void {
  const operators = program
    .command('operators')
    .description(
      'the people who may use the pages under /ops; works on DATABASE_URL, else the last npm start',
    );

  operators
    .command('create')
    .description('lets somebody in; without --password-file a password is made up and shown, this one time')
    .argument('<name>', 'as they sign in: 2 to 64 of a-z, 0-9 and . @ + -', operatorName)
    .requiredOption(
      '--role <role>',
      'viewer (looks), operator (moves money, decides) or admin (also configures)',
      role,
    )
    .option('--merchant <id>', 'the one merchant they see; without it all')
    .option('--password-file <path>', 'a file with the password, - for standard input')
    .action(
      async (
        name: string,
        { role: chosen = 'viewer', merchant, passwordFile }: Options,
        command: Command,
      ) => {
        const { password, shown } = await passwordFrom(passwordFile);
        const made = await onDatabase((pool) =>
          createOperator(pool, { name, role: chosen, merchant_id: merchant ?? null, password }),
        ).catch((error: unknown) => {
          throw isUnknownMerchant(error) ? new Error(`there is no merchant ${merchant ?? ''}`) : error;
        });
        if (!made) throw new Error(`there is an operator ${name} already`);
        say(
          command,
          { name, role: chosen, merchant: merchant ?? null, ...shown },
          `${name} may sign in as ${chosen}`,
        );
      },
    );

  operators
    .command('list')
    .description('shows who may sign in')
    .action(async (_options: unknown, command: Command) => {
      const rows = await onDatabase(listOperators);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: rows }));
      if (rows.length === 0) return console.log('There are no operators yet.');
      console.log(
        columns(
          ['NAME', 'ROLE', 'MERCHANT', 'STATE', 'LAST SEEN'],
          rows.map((row) => [
            row.name,
            row.role,
            row.merchant_id ?? 'all',
            row.disabled_at === null ? 'enabled' : 'disabled',
            row.seen_at ?? '',
          ]),
        ),
      );
    });

  operators
    .command('role')
    .description('gives somebody another role, from their next click on')
    .argument('<name>')
    .argument('<role>', 'viewer, operator or admin', role)
    .action(async (name: string, chosen: Role, _options: unknown, command: Command) => {
      if (!(await onDatabase((pool) => setRole(pool, name, chosen))))
        throw new Error(`there is no enabled operator ${name}`);
      say(command, { name, role: chosen }, `${name} is ${chosen} now`);
    });

  operators
    .command('disable')
    .description('ends what somebody may do, and their sessions')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      if (!(await onDatabase((pool) => disableOperator(pool, name))))
        throw new Error(`there is no enabled operator ${name}`);
      say(command, { name, disabled: true }, `${name} may not sign in any more`);
    });

  operators
    .command('password')
    .description('gives somebody a new password and ends their sessions; enables those who were disabled')
    .argument('<name>')
    .option('--password-file <path>', 'a file with the password, - for standard input; else one is made up')
    .action(async (name: string, { passwordFile }: Options, command: Command) => {
      const { password, shown } = await passwordFrom(passwordFile);
      if (!(await onDatabase((pool) => setPassword(pool, name, password))))
        throw new Error(`there is no operator ${name}`);
      say(command, { name, ...shown }, `${name} has a new password`);
    });
}

/** Prints the result; a password that was made up with it, because nobody else knows it. */
function say(command: Command, result: Readonly<Record<string, unknown>>, words: string): void {
  if (isJson(command)) return console.log(JSON.stringify(result));
  console.log('password' in result ? `${words}.\nPassword  ${String(result['password'])}` : `${words}.`);
}

async function passwordFrom(
  path: string | undefined,
): Promise<{ password: string; shown: { password?: string } }> {
  if (path === undefined) {
    const password = randomBytes(GENERATED_BYTES).toString('base64url');
    return { password, shown: { password } };
  }
  const password = (await readInput(path, 'password')).replace(/\r?\n$/, '');
  if ([...password].length < PASSWORD_MIN || password.length > PASSWORD_MAX)
    throw new Error(`a password has ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`);
  return { password, shown: {} };
}

async function onDatabase<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const config = loadConfig();
  const url = config.database.url ?? (await lastAddresses(config.dataDir))?.database_url;
  if (url === undefined) throw new Error('no database is known: set DATABASE_URL, or run npm start');
  const pool = createPool({ url, size: 1, name: 'sarraf-operators', onError: () => undefined });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

function operatorName(text: string): string {
  if (OPERATOR_NAME.test(text)) return text;
  throw new InvalidArgumentError(
    'a name has 2 to 64 of a-z, 0-9 and . @ + -, and begins with a letter or digit.',
  );
}

function role(text: string): Role {
  const found = ROLES.find((one) => one === text);
  if (found === undefined) throw new InvalidArgumentError(`roles are ${ROLES.join(', ')}.`);
  return found;
}

function isUnknownMerchant(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23503';
}
