/** A real nginx in front of a rendezvous, set up as the manual says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';
import { skipWithout, type Owner } from '../skip-without.ts';
import { freePort } from './free-port.ts';

const program = '/usr/sbin/nginx';
/** From here it comes to the rendezvous. Its clients are at another address. */
export const nginxAddress = '127.0.0.9';
const manual = readFileSync(new URL('../../../source/cli/manual/serve.md', import.meta.url), 'utf8');

/** The two parts of the example: for `http {}` and for `server {}`. */
function example(rendezvous: number): { readonly http: string; readonly server: string } {
  const [, text = ''] = /```nginx\n(.*?)```/s.exec(manual) ?? [];
  const [http = '', server = ''] = text.split('# In server {}:');
  return { http, server: server.replace('127.0.0.1:8877', `127.0.0.1:${rendezvous}`) };
}

/** Ends with the test. Its certificate is the one for `localhost`. Resolves with its port. */
export async function nginxBefore(rendezvous: number, owner: Owner): Promise<number> {
  if (!existsSync(program)) {
    skipWithout(owner, 'nginx is not installed (Debian package nginx-light)');
  }
  const folder = mkdtempSync(join(tmpdir(), 'punchline-nginx-'));
  owner.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'logs'));
  const port = await freePort();
  const { http, server } = example(rendezvous);
  const [certificate, key] = ['certificate.pem', 'certificate-key.pem'].map((name) =>
    fileURLToPath(new URL(name, import.meta.url)),
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid nginx.pid; error_log stderr; worker_processes 1; user root;
events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  ${http}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    proxy_bind ${nginxAddress};
    ${server}
  }
}
`,
  );
  const child = spawn(program, ['-p', folder, '-c', 'nginx.conf'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  owner.onTestFinished(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } finally {
      socket.destroy();
    }
  });
  return port;
}
