// Writes the generated pages of docs/reference: configuration, errors, commands, the browser SDK. Tests fail when they are old.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandReference } from '../apps/server/src/command-reference.ts';
import { configurationReference } from '../apps/server/src/config-reference.ts';
import { errorReference } from '../packages/api/src/error-reference.ts';
import { sdkApiReference } from './sdk-api-reference.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'reference');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'configuration.md'), configurationReference());
writeFileSync(join(folder, 'errors.md'), errorReference());
writeFileSync(join(folder, 'commands.md'), await commandReference());
writeFileSync(join(folder, 'client-sdk-api.md'), await sdkApiReference());
