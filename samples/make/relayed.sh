# For samples in which a relay stands on the wire and does something to what passes. To be sourced behind net.sh.

# Two wires, with the relay between them.
wire() {
    ip netns add "$MIDDLE"
    ip link add wire netns "$ALPHA" type veth peer name alpha netns "$MIDDLE"
    ip link add wire netns "$BRAVO" type veth peer name bravo netns "$MIDDLE"
    for end in alpha bravo; do
        ip netns exec "$MIDDLE" ip link set "$end" up promisc on
        ip netns exec "$MIDDLE" ethtool -K "$end" tx off rx off tso off gso off gro off >/dev/null 2>&1 || true
    done
}
