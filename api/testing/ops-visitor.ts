/** Somebody at the operations pages, without a browser: pages are read, and forms are opened, filled in and sent as they are. */
import { createOperator, type Role } from '../../db/operators.ts';
import type { TestApi } from './api.ts';

const PASSWORD = 'correct horse battery';

export interface OpsVisitor {
  get(path: string): Promise<{ status: number; text: string }>;
  /** Opens the form, keeps what it has filled in, lays `fields` over it, and sends it. */
  act(
    path: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string; location: string | null }>;
  /** What the form at this address has filled in. */
  form(path: string): Promise<URLSearchParams>;
  /** Sends a form that was opened before. */
  send(
    path: string,
    form: URLSearchParams,
  ): Promise<{ status: number; text: string; location: string | null }>;
}

/** Makes an operator of this name and signs them in, in the sandbox. */
export async function opsVisitor(
  api: TestApi,
  { name, role, merchant_id = null }: { name: string; role: Role; merchant_id?: string | null },
): Promise<OpsVisitor> {
  await createOperator(api.pool, { name, role, merchant_id, password: PASSWORD });
  const entered = await fetch(`${api.url}/ops/sign-in`, {
    method: 'POST',
    headers: { origin: api.url },
    body: new URLSearchParams({ name, password: PASSWORD }),
    redirect: 'manual',
  });
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const inSandbox = (path: string): string =>
    `${api.url}${path}${path.includes('?') ? '&' : '?'}mode=sandbox`;
  const get: OpsVisitor['get'] = async (path) => {
    const response = await fetch(inSandbox(path), { headers: { cookie }, redirect: 'manual' });
    return { status: response.status, text: await response.text() };
  };
  const send: OpsVisitor['send'] = async (path, body) => {
    const response = await fetch(inSandbox(path), {
      method: 'POST',
      headers: { cookie, origin: api.url },
      body,
      redirect: 'manual',
    });
    return {
      status: response.status,
      text: await response.text(),
      location: response.headers.get('location'),
    };
  };
  const form: OpsVisitor['form'] = async (path) => {
    const { text } = await get(path);
    const [, posted = ''] =
      /<form method="post"(?![^>]*sign-out)([^]*?)<\/form>/.exec(text.slice(text.indexOf('<main'))) ?? [];
    return filledIn(posted);
  };
  return {
    get,
    send,
    form,
    async act(path, fields) {
      const filled = await form(path);
      for (const [name_, value] of Object.entries(fields)) filled.set(name_, value);
      return send(path, filled);
    },
  };
}

/** The names and values of a form, as a browser would send it untouched. */
function filledIn(form: string): URLSearchParams {
  const filled = new URLSearchParams();
  const attribute = (tag: string, name: string): string =>
    plain(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
  for (const [tag] of form.matchAll(/<input[^>]*>/g))
    filled.set(attribute(tag, 'name'), attribute(tag, 'value'));
  for (const [, tag = '', text = ''] of form.matchAll(/<textarea([^>]*)>\n([^]*?)<\/textarea/g))
    filled.set(attribute(tag, 'name'), plain(text));
  for (const [, tag = '', options = ''] of form.matchAll(/<select([^>]*)>([^]*?)<\/select>/g)) {
    const chosen =
      /<option value="([^"]*)" selected/.exec(options) ?? /<option value="([^"]*)"/.exec(options);
    filled.set(attribute(tag, 'name'), plain(chosen?.[1] ?? ''));
  }
  return filled;
}

const plain = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
