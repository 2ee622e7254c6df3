// A web platform of alpha: OPTIONS and calls over one WebSocket (RFC 7118). Arguments: URL, own address, how many calls, CA.
'use strict';
const fs = require('fs');
const WebSocket = require('ws');

const [url, own, calls, ca] = process.argv.slice(2);
const transport = url.startsWith('wss') ? 'WSS' : 'WS';
const socket = new WebSocket(url, 'sip', { localAddress: own, ca: ca && fs.readFileSync(ca), servername: 'edge.bravo.example', perMessageDeflate: false });
const run = `${transport.toLowerCase()}-${process.pid}`;
const waiting = new Map();

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function request(method, cseq, call, { uri, to, routes = [], body = '', number }) {
    const type = body ? ['Content-Type: application/sdp'] : [];
    const text = [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/${transport} ${run}.invalid;branch=z9hG4bK-${run}-${call}-${cseq}-${method}`,
        'Max-Forwards: 70',
        ...routes.map((route) => `Route: ${route}`),
        `From: <sip:${number}@alpha.example;user=phone>;tag=${run}${call}`,
        `To: ${to}`,
        `Call-ID: ${run}-${call}@alpha.example`,
        `CSeq: ${cseq} ${method}`,
        ...(method === 'INVITE' || method === 'OPTIONS' ? [`Contact: <sip:${number}@${run}.invalid;transport=ws>`] : []),
        ...(method === 'INVITE' ? [`P-Asserted-Identity: <sip:${number}@alpha.example;user=phone>`, 'Supported: timer', 'Session-Expires: 1800;refresher=uac'] : []),
        ...(method === 'INVITE' ? ['Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE'] : []),
        ...type,
        `Content-Length: ${body.length}`,
        '',
        body,
    ].join('\r\n');
    socket.send(text);
    if (method === 'ACK') return undefined;
    return new Promise((resolve) => waiting.set(`${run}-${call}@alpha.example ${cseq}`, resolve));
}

const header = (text, name) => (text.match(new RegExp(`^${name}:\\s*(.*)$`, 'im')) || [])[1];
const headers = (text, name) => [...text.matchAll(new RegExp(`^${name}:\\s*(.*)$`, 'gim'))].map((m) => m[1].trim());

socket.on('message', (data) => {
    const text = data.toString();
    const status = /^SIP\/2\.0 (\d+)/.exec(text);
    if (!status || Number(status[1]) < 200) return;
    const key = `${header(text, 'Call-ID').trim()} ${header(text, 'CSeq').trim().split(' ')[0]}`;
    if (waiting.has(key)) waiting.get(key)(text);
});

socket.on('open', async () => {
    const number = '+4930555000';
    await request('OPTIONS', 1, 'ping', { uri: 'sip:edge.bravo.example', to: '<sip:edge.bravo.example>', number });
    for (let call = 1; call <= Number(calls); call += 1) {
        const callee = `sip:+442055500${call}@bravo.example;user=phone`;
        const body = ['v=0', `o=- 4071 ${call} IN IP4 192.0.2.32`, 's=-', 'c=IN IP4 192.0.2.32', 't=0 0', 'm=audio 16384 RTP/AVP 8 101',
            'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20', 'a=sendrecv', ''].join('\r\n');
        const answer = await request('INVITE', 1, call, { uri: callee, to: `<${callee}>`, body, number });
        const dialog = { uri: /<([^>]*)>/.exec(header(answer, 'Contact'))[1], to: header(answer, 'To').trim(), routes: headers(answer, 'Record-Route').flatMap((v) => v.split(',')).reverse(), number };
        request('ACK', 1, call, dialog);
        socket.ping('are you there');
        await wait(600);
        await request('BYE', 2, call, dialog);
    }
    socket.close(1000);
});
socket.on('close', () => process.exit(0));
socket.on('error', (error) => { console.error(String(error)); process.exit(1); });
setTimeout(() => process.exit(1), 20000).unref();
