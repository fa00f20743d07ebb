/** `/docs/errors`: where the `type` of every problem leads. */
import type { Request, Response } from 'express';
import { errorCatalogue, errorCodes } from '../error-catalogue.ts';

const sections = errorCodes.map((code) => {
  const { status, title, about } = errorCatalogue[code];
  const text = escape(about).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
  return `<h2 id="${code}"><code>${code}</code></h2><p><strong>${status} · ${escape(title)}</strong></p><p>${text}</p>`;
});

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Errors · Sarraf</title></head><body><h1>Errors</h1>${sections.join('\n')}</body></html>`;

export function showErrorDocs(_request: Request, response: Response): void {
  response.set('Cache-Control', 'public, max-age=3600').type('html').send(page);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
