/** A router on loopback that says what a test wants it to say. What honest routers say is tested with miniupnpd in a lab. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Gateway } from '../../../source/network/port-mapping/gateway.ts';
import { Heard } from '../eventually.ts';

export interface RouterScript {
  /** Answers datagrams of PCP and NAT-PMP. Without it nothing listens there. */
  readonly onDatagram?: (request: Buffer, from: RemoteInfo) => readonly Uint8Array[];
  /** Answers searches. Without it nothing listens there. `http` is the base of the router's pages. */
  readonly onSearch?: (http: string, from: RemoteInfo) => string;
  readonly onHttp?: (request: HttpRequest, response: ServerResponse) => void;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** `AddPortMapping`, or empty. */
  readonly action: string;
  readonly body: string;
}

export interface ScriptedRouter {
  readonly gateway: Gateway;
  readonly datagrams: Heard<Buffer>;
  readonly requests: Heard<HttpRequest>;
  readonly searches: Heard<Buffer>;
}

export async function openRouter(script: RouterScript): Promise<ScriptedRouter> {
  const datagrams = new Heard<Buffer>();
  const requests = new Heard<HttpRequest>();
  const searches = new Heard<Buffer>();
  const pages = createServer((request, response) => {
    void heard(request).then((one) => {
      requests.add(one);
      script.onHttp?.(one, response);
    });
  });
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  onTestFinished(() => {
    pages.close();
    pages.closeAllConnections();
  });
  const http = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  const { onDatagram, onSearch } = script;
  const mapping = await open(datagrams, onDatagram);
  const ssdp = await open(
    searches,
    onSearch && ((_, from) => [Buffer.from(onSearch(http, from))].filter(({ length }) => length > 0)),
  );
  const gateway: Gateway = { family: 4, address: '127.0.0.1', local: '127.0.0.1', ports: { mapping, ssdp } };
  return { gateway, datagrams, requests, searches };
}

/** Returns a port. Without answers nothing listens there. */
async function open(asked: Heard<Buffer>, answers: RouterScript['onDatagram']): Promise<number> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    for (const answer of answers?.(bytes, from) ?? []) {
      socket.send(answer, from.port, from.address);
    }
    asked.add(bytes);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  if (answers === undefined) {
    socket.close();
    return port;
  }
  onTestFinished(async () => {
    socket.close();
    await once(socket, 'close');
  });
  return port;
}

async function heard(request: IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const { method = '', url = '', headers } = request;
  const action = /#(\w+)"$/.exec(String(headers['soapaction'] ?? ''))?.[1] ?? '';
  return { method, path: url, action, body: Buffer.concat(chunks).toString() };
}

/** Grants what a PCP request asks for. */
export function pcpGrant(
  request: Buffer,
  external: { readonly address: readonly number[]; readonly port: number },
  lifetimeSeconds = request.readUInt32BE(4),
): Buffer {
  const answer = Buffer.from(request);
  answer.writeUInt8(0x81, 1);
  answer.fill(0, 8, 24);
  answer.writeUInt32BE(lifetimeSeconds, 4);
  answer.writeUInt16BE(external.port, 42);
  answer.set([...Array.from({ length: 10 }, () => 0), 0xff, 0xff, ...external.address], 44);
  return answer;
}

/** The answers of a router that speaks NAT-PMP alone, of version 0. */
export function natPmpAnswers(request: Buffer, address: readonly number[], port: number): Buffer[] {
  if (request[0] !== 0) {
    return [Buffer.from([0, 0x80 | (request[1] ?? 0), 0, 1, 0, 0, 0, 1])];
  }
  if (request[1] === 0) {
    return [Buffer.from([0, 128, 0, 0, 0, 0, 0, 1, ...address])];
  }
  const answer = Buffer.alloc(16);
  answer.set([0, 130, 0, 0, 0, 0, 0, 1]);
  request.copy(answer, 8, 4, 6);
  answer.writeUInt16BE(port, 10);
  request.copy(answer, 12, 8, 12);
  return [answer];
}

const connection = 'urn:schemas-upnp-org:service:WANIPConnection:1';

export function searchAnswer(location: string): string {
  return `HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nLOCATION: ${location}\r\n\r\n`;
}

export function descriptionOf(controlUrl: string): string {
  return `<root><device><serviceList><service><serviceType>${connection}</serviceType><controlURL>${controlUrl}</controlURL></service></serviceList></device></root>`;
}

/** An honest router with UPnP, unless `special` answers. */
export function upnpScript(
  special: (request: HttpRequest, response: ServerResponse) => boolean = () => false,
): Pick<RouterScript, 'onSearch' | 'onHttp'> {
  return {
    onSearch: (http) => searchAnswer(`${http}/description.xml`),
    onHttp: (request, response) => {
      if (special(request, response)) {
        return;
      }
      if (request.path === '/description.xml') {
        response.end(descriptionOf('/control'));
        return;
      }
      const value =
        request.action === 'GetExternalIPAddress'
          ? '<NewExternalIPAddress>50.0.1.2</NewExternalIPAddress>'
          : '';
      response.end(`<s:Envelope><s:Body><u:${request.action}Response>${value}</u:x></s:Body></s:Envelope>`);
    },
  };
}

export function upnpFault(response: ServerResponse, code: number): true {
  response.statusCode = 500;
  response.end(`<s:Fault><detail><UPnPError><errorCode>${code}</errorCode></UPnPError></detail></s:Fault>`);
  return true;
}
