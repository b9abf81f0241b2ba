// The options by which a command finds its server, its key and its data directory, alike in every command.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RoomtapeError } from '@roomtape/media';
import { type Client, createClient } from '@roomtape/sdk-server';
import { API_KEY_FILE } from '../auth/credentials.ts';
import type { CommandCall, CommandOption } from '../command.ts';

/** Where a command looks for what is kept on this machine. */
export const DATA_DIRECTORY_OPTION = {
  'data-dir': {
    type: 'string',
    placeholder: 'DIR',
    description: 'data directory of a server here (default: ROOMTAPE_DATA_DIR, else ./data)',
  },
} as const satisfies Record<string, CommandOption>;

/** Which server a command talks to, and with which key. */
export const SERVER_OPTIONS = {
  server: { type: 'string', placeholder: 'URL', description: 'the server', default: 'http://127.0.0.1:8080' },
  'api-key': {
    type: 'string',
    placeholder: 'KEY',
    description: 'API key (default: ROOMTAPE_API_KEY, else the one kept in the data directory)',
  },
  ...DATA_DIRECTORY_OPTION,
} as const satisfies Record<string, CommandOption>;

/** The data directory of a call. */
export function dataDirectoryOf({ values, env }: Pick<CommandCall, 'values' | 'env'>): string {
  return String(values['data-dir'] ?? env.ROOMTAPE_DATA_DIR ?? './data');
}

/** A client for the server of a call. Throws API_KEY_MISSING when no key is given and none is kept here. */
export async function clientOf(call: Pick<CommandCall, 'values' | 'env'>, server?: string): Promise<Client> {
  return createClient({ server: server ?? String(call.values.server), apiKey: await findApiKey(call) });
}

async function findApiKey(call: Pick<CommandCall, 'values' | 'env'>): Promise<string> {
  const given = call.values['api-key'] ?? call.env.ROOMTAPE_API_KEY;
  if (typeof given === 'string' && given !== '') return given;
  const path = join(dataDirectoryOf(call), API_KEY_FILE);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    const message = `no API key: give --api-key, set ROOMTAPE_API_KEY, or run where ${path} is`;
    throw new RoomtapeError('API_KEY_MISSING', message, { blame: 'caller', retryable: false, cause });
  }
}
