# Certificates, and kamailio as the TLS edge of both carriers. To be sourced after net.sh, with up() done.
#
#   alpha  192.0.2.10:5061 (edge)     192.0.2.11:5060 (core, over UDP inside the namespace)
#   bravo  198.51.100.20:5061 (edge)  198.51.100.21:5060 (core)

PKI=$WORK/pki
mkdir -p "$PKI"

# authority NAME: a certification authority of ten years.
authority() {
    mkdir -p "$PKI/$1.d"
    : >"$PKI/$1.d/index"
    openssl rand -hex 8 >"$PKI/$1.d/serial"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$PKI/$1.key" -out "$PKI/$1.pem" -days 3650 -sha256 \
        -subj "/O=Interconnect/CN=$1" -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
    cat >"$PKI/$1.cnf" <<CNF
[ca]
default_ca = this
[this]
dir = $PKI/$1.d
database = \$dir/index
serial = \$dir/serial
new_certs_dir = \$dir
certificate = $PKI/$1.pem
private_key = $PKI/$1.key
default_md = sha256
default_days = 3650
policy = any
unique_subject = no
copy_extensions = none
[any]
organizationName = optional
commonName = supplied
CNF
}

# certify AUTHORITY NAME CN SAN [KEY [OPTIONS OF openssl ca]]: NAME.key and NAME.pem. SAN "-": none at all. KEY: rsa:2048, ec.
certify() {
    ca=$1 name=$2 cn=$3 san=$4 key=${5:-ec}
    shift 4
    [ $# -gt 0 ] && shift
    case $key in
        ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$PKI/$name.key" 2>/dev/null ;;
        rsa:*) openssl genrsa -out "$PKI/$name.key" "${key#rsa:}" 2>/dev/null ;;
    esac
    openssl req -new -key "$PKI/$name.key" -subj "/O=$cn/CN=$cn" -out "$PKI/$name.csr"
    {
        echo basicConstraints=critical,CA:FALSE
        echo keyUsage=critical,digitalSignature,keyEncipherment
        echo extendedKeyUsage=serverAuth,clientAuth
        [ "$san" = - ] || echo "subjectAltName=$san"
    } >"$PKI/$name.ext"
    openssl ca -batch -notext -config "$PKI/$ca.cnf" -in "$PKI/$name.csr" -out "$PKI/$name.pem" -extfile "$PKI/$name.ext" "$@" 2>"$PKI/$name.log" ||
        { cat "$PKI/$name.log" >&2; return 1; }
}

# The shim that makes OpenSSL write its secrets to $WORK/keys.log.
keylog_shim() {
    cc -shared -fPIC -Wall -o "$WORK/keylog.so" "$HERE/keylog.c" -ldl -l:libssl.so.3
}

# Everything that OpenSSL knows, however old; without this the library refuses what some samples are about.
permissive() {
    cat >"$WORK/openssl.cnf" <<'CNF'
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
MinProtocol = TLSv1
CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0
Options = UnsafeLegacyRenegotiation
CNF
    export OPENSSL_CONF="$WORK/openssl.cnf"
}

# edge SIDE OWN CORE PEER: the edge of a side, as SIDE-tls.cfg of $WORK says.
edge() {
    side=$1
    sed "s|WORK|$WORK|g; s|SIDE|$side|g; s|OWN|$2|g; s|CORE|$3|g; s|PEER|$4|g" "$HERE/kamailio-tls.cfg" >"$WORK/$side.cfg"
    mkdir -p "$WORK/$side.run"
    case $side in alpha) ns=$ALPHA ;; bravo) ns=$BRAVO ;; esac
    LD_PRELOAD=${KEYLOG:+$WORK/keylog.so} SSLKEYLOGFILE=${KEYLOG:-} ip netns exec "$ns" \
        kamailio -DD -E -f "$WORK/$side.cfg" -Y "$WORK/$side.run" -P "$WORK/$side.pid" -n 1 >"$WORK/$side.log" 2>&1 &
    PIDS="$PIDS $!"
    sleep 2
}

# profile METHOD NAME: both roles of an edge, with certificates on both sides.
profile() {
    for role in server client; do
        cat <<CNF
[$role:default]
method = $1
verify_certificate = yes
require_certificate = yes
private_key = $PKI/$2.key
certificate = $PKI/$2.pem
ca_list = $PKI/peering-ca.pem
CNF
    done
}
