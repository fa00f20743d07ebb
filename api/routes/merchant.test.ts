import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type Answer, type TestApi } from '../testing/api.ts';

const PNG = `data:image/png;base64,${Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1').toString('base64')}`;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const change = (branding: unknown): Promise<Answer> =>
  api.call('PATCH', '/v1/merchant', { body: { branding } });

describe('the branding of a merchant', () => {
  it('is set part by part, and a part that is null goes', async () => {
    expect((await api.call('GET', '/v1/merchant')).json.branding).toEqual({});
    const all = {
      display_name: 'سوق بغداد',
      color: '#1A7f37',
      logo: PNG,
      support_url: 'https://bazaar.example/help',
      support_email: 'help@bazaar.example',
    };
    expect((await change(all)).json.branding).toEqual(all);
    const { logo: _logo, ...rest } = all;
    const less = await change({ logo: null, display_name: 'Bazaar' });
    expect(less).toMatchObject({ status: 200, json: { late_money: 'accept' } });
    expect(less.json.branding).toEqual({ ...rest, display_name: 'Bazaar' });
    expect((await api.call('GET', '/v1/merchant')).json).toEqual(less.json);
  });

  it.each([
    ['color', 'red'],
    ['color', '#1a7f3'],
    ['color', 7],
    ['color', '#1a7f37;background:url(x)'],
    ['logo', 'https://bazaar.example/logo.png'],
    ['logo', 'javascript:alert(1)'],
    ['logo', 'data:image/svg+xml;base64,PHN2Zz4='],
    ['logo', 'data:text/html;base64,PHN2Zz4='],
    ['logo', 'data:image/png;base64,PHN2Zz4='],
    ['logo', 'data:image/png;base64,####'],
    ['logo', `${PNG}${'A'.repeat(49_152)}`],
    ['support_url', 'http://bazaar.example'],
    ['support_url', 'https://me:secret@bazaar.example'],
    ['support_email', 'help at bazaar'],
    ['display_name', ''],
    ['display_name', 'x'.repeat(101)],
    ['font', 'Comic Sans'],
  ])('refuses %s: %s', async (name, value) => {
    const answer = await change({ [name]: value });
    expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: `/branding/${name}` }] } });
  });
});
