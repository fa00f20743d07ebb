/**
 * The API's pool: its connections have the rights of the role `sarraf_api` and nothing more, and each statement says whose
 * rows it may touch (`scope.ts`), so that row-level security can hold it to that.
 *
 * The scope costs no round trip. It goes out in front of the statement, in the same write and before the same `Sync`, and
 * Postgres runs what stands before one `Sync` as one transaction. A setting that is local to that transaction is gone with
 * it: whoever is given the connection next finds none, however the statement ended.
 */
import pg from 'pg';
import { API_ROLE } from './api-role.ts';
import { poolConfig, type PoolOptions } from './pool.ts';
import { currentScope } from './scope.ts';

const ENTER = 'enter_scope';
const ENTER_TEXT = `select set_config('sarraf.merchant', $1, true)`;

/** A statement that knows its scope; null: none. */
interface Scoped extends pg.QueryConfig<unknown[]> {
  readonly scope: string | null;
  readonly queryMode: 'extended';
}

/** The part of pg's connection that a statement writes to. */
interface Connection {
  bind(message: {
    readonly portal: string;
    readonly statement: string;
    readonly values: readonly unknown[];
  }): void;
  execute(message: { readonly portal: string }): void;
}

/** The part of pg's statements that is called while one is sent and answered. */
interface Statement extends pg.Submittable {
  prepare(connection: Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
}

const Statement = pg.Query as unknown as new (config: Scoped) => Statement;

/** Sends the scope ahead, and keeps its answer out of the statement's own. */
class ScopedStatement extends Statement {
  readonly #scope: string;
  #entered = false;

  constructor(config: Scoped, scope: string) {
    super(config);
    this.#scope = scope;
  }

  override prepare(connection: Connection): void {
    connection.bind({ portal: '', statement: ENTER, values: [this.#scope] });
    connection.execute({ portal: '' });
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#entered) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#entered) super.handleCommandComplete(message, connection);
    this.#entered = true;
  }
}

type Call = (...call: unknown[]) => unknown;

/** Overloads of pg's `query` are many; all of them come down to a statement, its values and a callback. */
class ScopedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const plain = super.query.bind(this) as Call;
    const query: Call = (statement, ...rest) => {
      const [values, callback] = Array.isArray(rest[0]) ? rest : [undefined, rest.find(isFunction)];
      const scoped = withScope(statement, values as unknown[] | undefined);
      if (scoped === null || scoped.scope === null) return plain(statement, ...rest);
      const sent = new ScopedStatement(scoped, scoped.scope);
      if (isFunction(callback)) return plain(sent, callback);
      return new Promise((resolve, reject) => {
        plain(sent, (error: Error | null, result: unknown) => (error ? reject(error) : resolve(result)));
      });
    };
    this.query = query as typeof this.query;
  }
}

/** Notes the scope when a statement is handed in: it may have to wait for a connection that another request gives back. */
class ScopedPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super(config);
    const plain = super.query.bind(this) as Call;
    const query: Call = (statement, ...rest) => {
      const values = Array.isArray(rest[0]) ? (rest[0] as unknown[]) : undefined;
      const scoped = withScope(statement, values);
      return scoped === null ? plain(statement, ...rest) : plain(scoped, ...rest.filter(isFunction));
    };
    this.query = query as typeof this.query;
  }
}

const isFunction = (value: unknown): value is Call => typeof value === 'function';

/** Statements that begin and end transactions touch no rows. */
const CONTROLS = /^(?:begin|commit|rollback)$/i;

/** Null: it is sent as it is. */
function withScope(statement: unknown, values: unknown[] | undefined): Scoped | null {
  if (typeof statement === 'string') {
    if (CONTROLS.test(statement)) return null;
    return { text: statement, values: values ?? [], scope: currentScope(), queryMode: 'extended' };
  }
  if (typeof statement !== 'object' || statement === null || 'submit' in statement) return null;
  if ('scope' in statement) return statement as Scoped;
  const config = statement as pg.QueryConfig<unknown[]>;
  return {
    ...config,
    values: values ?? config.values ?? [],
    scope: currentScope(),
    queryMode: 'extended',
  };
}

const unscoped = (statement: pg.QueryConfig<unknown[]>) => ({ ...statement, scope: null });

export interface ScopedPoolOptions extends PoolOptions {
  /** The database has no such role for this user: the rights are those of the user, and its own tables hide nothing from it. */
  readonly onUnprotected: () => void;
}

/** The pool of a process that answers merchants. */
export function createScopedPool({ onError, onUnprotected, ...options }: ScopedPoolOptions): pg.Pool {
  const pool = new ScopedPool({
    ...poolConfig(options),
    Client: ScopedClient,
    // Before anybody gets the connection, and its failure is that of the connection. Whoever waits for it has a scope, which
    // these two must not have.
    onConnect: async (client) => {
      const { rowCount } = await client.query(unscoped({ text: TAKE_ROLE, values: [API_ROLE] }));
      if (rowCount === 0) onUnprotected();
      await client.query(unscoped({ name: ENTER, text: ENTER_TEXT, values: [''] }));
    },
  });
  pool.on('error', onError);
  return pool;
}

const TAKE_ROLE = `
  select set_config('role', rolname, false) from pg_roles where rolname = $1 and pg_has_role(session_user, oid, 'member')`;
