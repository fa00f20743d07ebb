/** The first page: how money comes in, and what needs somebody. */
import { html } from '../../pages/html.ts';
import type { OpsPart } from './page.ts';

export const overviewPart: OpsPart = () => ({
  pages: [
    {
      path: '/ops',
      nav: 'Overview',
      show: async () => ({ title: 'Overview', topics: ['invoices'], body: html`<p>Follows.</p>` }),
    },
  ],
  actions: [],
});
