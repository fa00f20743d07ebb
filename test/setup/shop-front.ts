/** The merchant's own website, as far as a returning customer needs it: one page for each outcome. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ShopFront {
  readonly url: string;
  /** As a merchant gives them to the API. */
  readonly return_urls: { readonly success: string; readonly failure: string; readonly cancel: string };
  stop(): Promise<void>;
}

const TITLES: Readonly<Record<string, string>> = {
  '/success': 'Thank you for your order',
  '/failure': 'Please try again',
  '/cancel': 'Your cart',
};

export async function startShopFront(): Promise<ShopFront> {
  const server = createServer((request, response) => {
    const title = TITLES[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(title === undefined ? 404 : 200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><title>Shop</title><h1>${title ?? 'Not found'}</h1>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    return_urls: { success: `${url}/success`, failure: `${url}/failure`, cancel: `${url}/cancel` },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
