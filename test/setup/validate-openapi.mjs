/** Prints what is wrong with the OpenAPI document on standard input; its validator is an ES module, which Jest does not load. */
import { text } from 'node:stream/consumers';
import { Validator } from '@seriousme/openapi-schema-validator';

const { valid, errors } = await new Validator().validate(JSON.parse(await text(process.stdin)));
console.log(JSON.stringify({ valid, errors: errors ?? [] }));
