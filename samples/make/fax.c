/* A fax terminal over UDPTL: the T.30 and T.38 of spandsp, framed as ITU-T T.38 section 9.1 says, with the two packets before in each.
 *
 * fax send|receive OWN_ADDRESS OWN_PORT OTHER_ADDRESS OTHER_PORT FILE.tif
 *
 * Ends when the fax is over, or after a minute.   cc fax.c -lspandsp -ltiff -o fax
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <spandsp.h>

enum { EARLIER = 2, LONGEST = 200 };

static int wire, over;
static uint16_t number;
static struct { uint8_t octets[LONGEST]; int length; } sent[EARLIER + 1];

static int put(uint8_t *out, const uint8_t *octets, int length) {
    /* Lengths have one octet below 128 (X.691); spandsp sends no longer ones at these speeds. */
    out[0] = (uint8_t)length;
    memcpy(out + 1, octets, (size_t)length);
    return length + 1;
}

static int transmit(t38_core_state_t *core, void *user, const uint8_t *octets, int length, int count) {
    (void)core; (void)user; (void)count;
    if (length > 127) return -1;
    uint8_t packet[1024] = { number >> 8, number & 0xff };
    int at = 2 + put(packet + 2, octets, length);
    int earlier = number < EARLIER ? number : EARLIER;
    packet[at++] = 0;
    packet[at++] = (uint8_t)earlier;
    for (int back = 0; back < earlier; back++) at += put(packet + at, sent[back].octets, sent[back].length);
    memmove(sent + 1, sent, sizeof sent[0] * EARLIER);
    memcpy(sent[0].octets, octets, (size_t)length);
    sent[0].length = length;
    number++;
    return send(wire, packet, (size_t)at, 0) < 0 ? -1 : 0;
}

/* Gives what is new in a packet: the primary, behind those before it where they were missed. */
static void receive(t38_core_state_t *core, const uint8_t *packet, int length) {
    static int expected;
    struct { const uint8_t *octets; int length; } all[16];
    int seq = packet[0] << 8 | packet[1], at = 3 + packet[2], many = 1;
    if (length < 5 || at + 2 > length) return;
    all[0].octets = packet + 3;
    all[0].length = packet[2];
    if (packet[at] == 0)
        for (int left = packet[at + 1], next = at + 2; left > 0 && many < 16 && next < length; left--, many++) {
            all[many].octets = packet + next + 1;
            all[many].length = packet[next];
            next += 1 + packet[next];
        }
    for (int back = many - 1; back >= 0; back--)
        if (seq - back >= expected) t38_core_rx_ifp_packet(core, all[back].octets, all[back].length, (uint16_t)(seq - back));
    if (seq >= expected) expected = seq + 1;
}

static void ended(t30_state_t *fax, void *user, int result) {
    (void)fax; (void)user;
    fprintf(stderr, "fax: %s\n", t30_completion_code_to_str(result));
    over = 1;
}

int main(int count, char **words) {
    if (count < 7) return 2;
    int sends = !strcmp(words[1], "send");
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[3])) }, other = own;
    other.sin_port = htons((uint16_t)atoi(words[5]));
    inet_pton(AF_INET, words[2], &own.sin_addr);
    inet_pton(AF_INET, words[4], &other.sin_addr);
    wire = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(wire, (struct sockaddr *)&own, sizeof own) || connect(wire, (struct sockaddr *)&other, sizeof other)) { perror("fax"); return 1; }
    t38_terminal_state_t *terminal = t38_terminal_init(NULL, sends, transmit, NULL);
    t38_core_state_t *core = t38_terminal_get_t38_core_state(terminal);
    t30_state_t *fax = t38_terminal_get_t30_state(terminal);
    t30_set_tx_ident(fax, sends ? "+4930555038" : "+4420555038");
    t30_set_phase_e_handler(fax, ended, NULL);
    if (sends) t30_set_tx_file(fax, words[6], -1, -1); else t30_set_rx_file(fax, words[6], -1);
    for (int tick = 0, after = 0; tick < 3000 && after < 50; tick++, after += over) {
        t38_terminal_send_timeout(terminal, 160);
        struct pollfd ready = { .fd = wire, .events = POLLIN };
        struct timespec begun, now;
        clock_gettime(CLOCK_MONOTONIC, &begun);
        for (int left = 20; left > 0;) {
            uint8_t packet[2048];
            if (poll(&ready, 1, left) > 0) {
                ssize_t length = recv(wire, packet, sizeof packet, 0);
                if (length > 0) receive(core, packet, (int)length);
            }
            clock_gettime(CLOCK_MONOTONIC, &now);
            left = 20 - (int)((now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000);
        }
    }
    return over ? 0 : 1;
}
