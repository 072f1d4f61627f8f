import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  callText,
  locationOf,
  numberOf,
  searchText,
  servicesOf,
  valueOf,
} from '../../../../source/network/port-mapping/wire/upnp.ts';

const gateway = '192.168.1.1';

function answer(location: string, status = 'HTTP/1.1 200 OK'): string {
  return [status, 'CACHE-CONTROL: max-age=120', 'EXT:', `LOCATION: ${location}`, '', ''].join('\r\n');
}

function service(type: string, control: string): string {
  return `<service><serviceType>${type}</serviceType><serviceId>x</serviceId>
    <SCPDURL>/scpd.xml</SCPDURL><controlURL>${control}</controlURL></service>`;
}

function description(...services: string[]): string {
  return `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceList><device>
<serviceList>${services.join('\n')}</serviceList></device></deviceList></device></root>`;
}

const ip1 = 'urn:schemas-upnp-org:service:WANIPConnection:1';
const ip2 = 'urn:schemas-upnp-org:service:WANIPConnection:2';
const ppp = 'urn:schemas-upnp-org:service:WANPPPConnection:1';
const location = new URL('http://192.168.1.1:5000/rootDesc.xml');

describe('a search of UPnP', () => {
  test('names the gateway, and ends with an empty line', () => {
    expect(searchText(gateway)).toMatch(/^M-SEARCH \* HTTP\/1.1\r\nHOST: 192.168.1.1:1900\r\n/);
    expect(searchText(gateway)).toMatch(/InternetGatewayDevice:1\r\n\r\n$/);
  });

  test('is answered with a place at the gateway', () => {
    expect(locationOf(answer('http://192.168.1.1:5000/rootDesc.xml'), gateway)?.href).toBe(location.href);
    expect(locationOf(answer('http://192.168.1.1/a').replace('LOCATION', 'Location'), gateway)?.port).toBe(
      '',
    );
  });

  test.each([
    'http://192.168.1.2:5000/rootDesc.xml',
    'http://router.example/rootDesc.xml',
    'http://192.168.1.1.example/rootDesc.xml',
    'http://192.168.1.1@192.168.1.9/rootDesc.xml',
    'http://user@192.168.1.1/rootDesc.xml',
    'https://192.168.1.1/rootDesc.xml',
    'file:///etc/passwd',
    'http://127.0.0.1:8080/',
    '/rootDesc.xml',
    '',
  ])('is not followed to %j', (elsewhere) => {
    expect(locationOf(answer(elsewhere), gateway)).toBeUndefined();
  });

  test('is not answered by another status', () => {
    expect(locationOf(answer(location.href, 'HTTP/1.1 302 Found'), gateway)).toBeUndefined();
    expect(locationOf(answer(location.href, 'NOTIFY * HTTP/1.1'), gateway)).toBeUndefined();
  });
});

function based(base: string): string {
  return description(service(ip1, '/ctl')).replace('<device>', `<URLBase>${base}</URLBase><device>`);
}

describe('a description of UPnP', () => {
  test('names where ports are mapped, the newer version first', () => {
    const text = description(
      service('urn:schemas-upnp-org:service:Layer3Forwarding:1', '/ctl/L3F'),
      service(ppp, '/ctl/PPP'),
      service(ip1, '/ctl/IPConn'),
      service(ip2, 'http://192.168.1.1:5001/ctl?a=1&amp;b=2'),
    );
    expect(servicesOf(text, location, gateway).map(({ type, control }) => [type, control.href])).toEqual([
      [ip2, 'http://192.168.1.1:5001/ctl?a=1&b=2'],
      [ip1, 'http://192.168.1.1:5000/ctl/IPConn'],
      [ppp, 'http://192.168.1.1:5000/ctl/PPP'],
    ]);
  });

  test('may have prefixes and attributes', () => {
    const text = description(service(ip1, '/ctl'))
      .replaceAll(/<(\/?)(\w)/g, '<$1u:$2')
      .replace('controlURL>', 'controlURL a="b">');
    expect(servicesOf(text, location, gateway)).toMatchObject([{ type: ip1 }]);
  });

  test.each(['http://192.168.1.2/ctl', '//10.0.0.1/ctl', 'https://192.168.1.1/ctl', 'javascript:1'])(
    'that sends us to %s names nothing',
    (control) => {
      expect(servicesOf(description(service(ip1, control)), location, gateway)).toEqual([]);
    },
  );

  test('may name its base, but not elsewhere', () => {
    expect(servicesOf(based('http://192.168.1.1:80/'), location, gateway)[0]?.control.href).toBe(
      'http://192.168.1.1/ctl',
    );
    expect(servicesOf(based(''), location, gateway)[0]?.control.port).toBe('5000');
    expect(servicesOf(based('http://192.168.1.2/'), location, gateway)).toEqual([]);
  });

  test('of many services is read in part', () => {
    const many = Array.from({ length: 200 }, (_, index) => service(ip1, `/ctl/${index}`));
    expect(servicesOf(description(...many), location, gateway)).toHaveLength(4);
  });

  test('can be any text', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '<service>',
      '</service>',
      '<service/>',
      '<controlURL>',
      '</a:service >',
      ip1,
      '&amp;',
      ' ',
      '<!--',
      'x',
    );
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (one) => {
        expect(servicesOf(one, location, gateway)).toBeInstanceOf(Array);
        expect(locationOf(one, gateway)).toBeUndefined();
      }),
    );
  });
});

describe('a call of UPnP', () => {
  test('has its values in their order', () => {
    expect(callText(ip1, 'DeletePortMapping', { NewRemoteHost: '', NewExternalPort: '40000' })).toContain(
      `<u:DeletePortMapping xmlns:u="${ip1}"><NewRemoteHost></NewRemoteHost><NewExternalPort>40000</NewExternalPort></u:DeletePortMapping>`,
    );
  });

  test('is answered with a value or an error', () => {
    const body = '<s:Envelope><s:Body><u:R><NewExternalIPAddress> 50.0.1.2\n</NewExternalIPAddress></u:R>';
    expect(valueOf(body, 'NewExternalIPAddress')).toBe('50.0.1.2');
    expect(valueOf(body, 'NewReservedPort')).toBeUndefined();
    expect(numberOf('<e><errorCode>725</errorCode></e>', 'errorCode', 0, 999)).toBe(725);
    expect(numberOf('<e><errorCode>-1</errorCode></e>', 'errorCode', 0, 999)).toBeUndefined();
    expect(numberOf('<e><errorCode>1e3</errorCode></e>', 'errorCode', 0, 9999)).toBeUndefined();
  });
});
