import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSystemClock, RoomtapeError } from '@roomtape/media';
import { afterEach, describe, expect, it } from 'vitest';
import { AssetLoader, type AssetLoaderOptions } from './asset-loader.ts';

const clock = createSystemClock({ keepAlive: true });
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A real server on loopback; returns its port. */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** What loading ends with: the type and size of the picture, or the code of the error. */
async function outcome(ref: string, options: Partial<AssetLoaderOptions> = {}): Promise<string> {
  try {
    const { type, width, height } = await new AssetLoader({ clock, allowPrivate: true, ...options }).load(ref);
    return `${type} ${width}x${height}`;
  } catch (error) {
    return error instanceof RoomtapeError ? error.code : `not typed: ${error}`;
  }
}

/** The start of a PNG of a size. */
function png(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('89504e470d0a1a0a0000000d49484452', 'hex');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

describe('a picture by address', () => {
  it('is judged by its bytes, whatever its type is said to be', async () => {
    const port = await serve((request, response) => {
      response.setHeader('content-type', 'image/png');
      response.end(
        request.url === '/svg' ? '<svg width="8" height="4"/>' : request.url === '/png' ? png(5, 6) : 'GIF89a',
      );
    });

    expect(await outcome(`http://127.0.0.1:${port}/svg`)).toBe('svg 8x4');
    expect(await outcome(`http://127.0.0.1:${port}/png`)).toBe('png 5x6');
    expect(await outcome(`http://127.0.0.1:${port}/gif`)).toBe('ASSET_UNSUPPORTED');
  });

  it('follows redirects, but not for ever and not to another protocol', async () => {
    const port = await serve((request, response) => {
      const step = Number(request.url?.slice(1));
      if (step === 0) response.end(png(2, 2));
      else response.writeHead(302, { location: step === 99 ? 'file:///etc/passwd' : `/${step - 1}` }).end();
    });

    expect(await outcome(`http://127.0.0.1:${port}/5`)).toBe('png 2x2');
    expect(await outcome(`http://127.0.0.1:${port}/6`)).toBe('ASSET_UNREACHABLE');
    expect(await outcome(`http://127.0.0.1:${port}/99`)).toBe('ASSET_BLOCKED');
  });

  it('that is not there is told from a server that fails', async () => {
    const port = await serve((request, response) => response.writeHead(request.url === '/a' ? 404 : 503).end());

    expect(await outcome(`http://127.0.0.1:${port}/a`)).toBe('ASSET_NOT_FOUND');
    expect(await outcome(`http://127.0.0.1:${port}/b`)).toBe('ASSET_UNREACHABLE');
  });

  it('that cannot be reached or is cut off is unreachable, and worth another try', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write(png(2, 2), () => response.destroy());
    });
    const loader = new AssetLoader({ clock, allowPrivate: true });

    await expect(loader.load(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'ASSET_UNREACHABLE',
      retryable: true,
      blame: 'source',
    });
    expect(await outcome('http://127.0.0.1:1/')).toBe('ASSET_UNREACHABLE');
    expect(await outcome('http://nobody.invalid/', { resolve: (_, done) => done(new Error('ENOTFOUND'), []) })).toBe(
      'ASSET_UNREACHABLE',
    );
  });
});

describe('a picture that is too much', () => {
  it('is refused by the length it is announced with: 5 GB are not read', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-length': String(5e9) });
      response.write(png(2, 2));
    });

    expect(await outcome(`http://127.0.0.1:${port}/`)).toBe('ASSET_TOO_LARGE');
  });

  it('is refused when it does not end, after the limit', async () => {
    let sent = 0;
    const port = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });

    expect(await outcome(`http://127.0.0.1:${port}/`, { limits: { bytesMax: 200_000 } })).toBe('ASSET_TOO_LARGE');
    expect(sent).toBeLessThan(50_000_000);
  });

  it('is refused before it is decoded: a bomb of 50,000 × 50,000 pixels', async () => {
    const bomb = `data:image/png;base64,${png(50_000, 50_000).toString('base64')}`;
    const large = `data:image/png;base64,${png(6000, 6000).toString('base64')}`;

    expect(await outcome(bomb)).toBe('ASSET_TOO_LARGE');
    expect(await outcome(large)).toBe('ASSET_TOO_LARGE');
    expect(await outcome(large, { limits: { pixelsMax: 40_000_000 } })).toBe('png 6000x6000');
  });

  it('is given up after the time for it, answer or none, headers or body', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/body') response.write(png(2, 2));
    });
    const limits = { timeoutMs: 150 };

    expect(await outcome(`http://127.0.0.1:${port}/headers`, { limits })).toBe('ASSET_UNREACHABLE');
    expect(await outcome(`http://127.0.0.1:${port}/body`, { limits })).toBe('ASSET_UNREACHABLE');
  });
});

describe('an address inside our networks', () => {
  const strict = { allowPrivate: false };

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[fe80::1]/',
    'http://10.0.0.1:8080/',
    'https://192.168.0.1/',
    'http://user:secret@127.0.0.1/',
    'http://localhost/',
    'http://127.0.0.1.:80/',
    'ftp://example.com/a.png',
    'not an address',
  ])('is refused: %s', async (address) => {
    expect(await outcome(address, strict)).toBe('ASSET_BLOCKED');
  });

  it('is refused behind a name, also when another of its addresses is public', async () => {
    const resolve: AssetLoaderOptions['resolve'] = (_, done) =>
      done(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);

    expect(await outcome('http://pictures.example/', { ...strict, resolve })).toBe('ASSET_BLOCKED');
  });

  it('is refused behind a redirect', async () => {
    let hidden = 0;
    const inside = await serve((_, response) => {
      hidden += 1;
      response.end(png(2, 2));
    });
    const port = await serve((request, response) => {
      const to = decodeURIComponent(request.url?.slice(1) ?? '');
      response.writeHead(307, { location: to }).end();
    });
    const mayConnect = (address: string): boolean => address === '127.0.0.1';
    const resolve: AssetLoaderOptions['resolve'] = (_, done) => done(null, [{ address: '127.0.0.9', family: 4 }]);
    const through = (to: string) =>
      outcome(`http://127.0.0.1:${port}/${encodeURIComponent(to)}`, { mayConnect, resolve });

    expect(await through(`http://127.0.0.2:${inside}/`)).toBe('ASSET_BLOCKED');
    expect(await through(`http://[::1]:${inside}/`)).toBe('ASSET_BLOCKED');
    expect(await through(`http://inside.example:${inside}/`)).toBe('ASSET_BLOCKED');
    expect(hidden).toBe(0);
  });

  it('is refused although its name was public a moment ago: what was checked is what is connected to', async () => {
    let asked = 0;
    let reached = 0;
    const port = await serve((_, response) => {
      reached += 1;
      response.end(png(2, 2));
    });
    const resolve: AssetLoaderOptions['resolve'] = (_, done) => {
      asked += 1;
      done(null, [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
    };
    const mayConnect = (address: string): boolean => address === '127.0.0.1';

    expect(await outcome(`http://rebinding.example:${port}/`, { mayConnect, resolve })).toBe('png 2x2');
    expect([asked, reached]).toEqual([1, 1]);
    expect(await outcome(`http://rebinding.example:${port}/`, { mayConnect, resolve })).toBe('ASSET_BLOCKED');
    expect([asked, reached]).toEqual([2, 1]);
  });

  it('is reached when private addresses are allowed, without the credentials in it', async () => {
    let authorization: string | undefined = 'none seen';
    const port = await serve((request, response) => {
      authorization = request.headers.authorization;
      response.end(png(2, 2));
    });

    expect(await outcome(`http://user:secret@127.0.0.1:${port}/`)).toBe('png 2x2');
    expect(authorization).toBeUndefined();
  });
});

describe('a picture that is not fetched', () => {
  it('may stand in a data: address', async () => {
    expect(await outcome(`data:image/png;base64,${png(3, 4).toString('base64')}`)).toBe('png 3x4');
    expect(await outcome(`data:image/svg+xml;utf8,${encodeURIComponent('<svg viewBox="0 0 6 2"/>')}`)).toBe('svg 6x2');
    for (const ref of ['data:', 'data:text/plain,hi', 'data:image/png,%', 'data:image/png;base64,****'])
      expect(await outcome(ref)).toBe('ASSET_UNSUPPORTED');
  });

  it('may be a stored one', async () => {
    const readStored = async (assetId: string) => (assetId === 'logo' ? new Uint8Array(png(7, 7)) : undefined);

    expect(await outcome('asset:logo', { readStored })).toBe('png 7x7');
    expect(await outcome('asset:other', { readStored })).toBe('ASSET_NOT_FOUND');
    expect(await outcome('asset:logo')).toBe('ASSET_NOT_FOUND');
  });

  it('is no file and nothing else', async () => {
    expect(await outcome('file:///etc/passwd')).toBe('ASSET_BLOCKED');
  });
});
