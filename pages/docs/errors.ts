/** Every error with its cause, what to do, an example and the operations that answer it. */
import { html, type Html } from '../html.ts';
import { anchor, codeBlock, slug } from './markdown.ts';
import type { Description } from './reference.ts';
import { inline } from './words.ts';

export interface ShownError {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly about: string;
}

/** `publicUrl`: where the `type` of a problem leads. */
export function errorSections(
  errors: readonly ShownError[],
  description: Description,
  publicUrl: string,
): Html {
  const answeredBy = operationsByError(description);
  return html`${errors.map(
    ({ code, status, title, about }) =>
      html`<section class="operation">
        <h3 id="${code}"><code>${code}</code>${anchor(code, code)}</h3>
        <p><strong>${String(status)} · ${title}</strong></p>
        <p>${inline(about)}</p>
        ${codeBlock(example(publicUrl, { code, status, title }), 'application/problem+json')}
        ${operations(answeredBy.get(code) ?? [])}
      </section>`,
  )}`;
}

function example(publicUrl: string, { code, status, title }: Omit<ShownError, 'about'>): string {
  const request_id = 'req_01jd8m5z5cf7zr3a0q9v1c2x4y';
  const type = `${publicUrl}/docs/errors#${code}`;
  return JSON.stringify({ type, title, status, detail: '…', code, request_id }, null, 2);
}

interface Answering {
  readonly summary: string;
  readonly href: string;
}

function operationsByError({ paths }: Description): Map<string, Answering[]> {
  const found = new Map<string, Answering[]>();
  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    const href = `/docs/reference/${slug(operation.tags[0] ?? '')}#${operation.operationId}`;
    for (const { description } of Object.values(operation.responses))
      for (const [, code = ''] of description.matchAll(/`(\w+)`: /g))
        found.set(code, [...(found.get(code) ?? []), { summary: operation.summary, href }]);
  }
  return found;
}

/** More operations than that, and it is one of the errors that any call can have. */
const MANY = 12;

function operations(all: readonly Answering[]): Html | null {
  if (all.length === 0) return null;
  if (all.length > MANY) return html`<p class="soft small">Most operations can answer it.</p>`;
  return html`<p class="soft small">
    Answered by:
    ${all.map(({ summary, href }, index) => html`${index === 0 ? '' : ', '}<a href="${href}">${summary}</a>`)}
  </p>`;
}
