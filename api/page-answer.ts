/** Answers with a page or sends the browser on: what all routes for people share. */
import type { Response } from 'express';
import type { Page } from '../pages/document.ts';

/** Sends a page as it is, with the headers that belong to it. `language`: the one it is written in. */
export function sendPage(response: Response, status: number, page: Page, language: string): void {
  for (const [name, value] of Object.entries(page.headers)) response.setHeader(name, value);
  response.setHeader('Content-Language', language);
  response.setHeader('Vary', 'Accept-Language');
  response.setHeader('Content-Length', Buffer.byteLength(page.text));
  response.statusCode = status;
  response.end(response.req.method === 'HEAD' ? undefined : page.text);
}

/** 303, so that the browser comes with GET also when it came to us with POST. The address it left is told to nobody. */
export function seeOther(response: Response, target: string): void {
  response.writeHead(303, {
    Location: target,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'Content-Length': 0,
  });
  response.end();
}
