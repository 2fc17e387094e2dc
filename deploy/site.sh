# Sourced by install and uninstall: certificate and nginx. Needs progress.sh, release.sh and machine.sh.
# shellcheck shell=bash

NGINX_ETC=/etc/nginx
SITE=$NGINX_ETC/sites-available/platypush.conf
SITE_LINK=$NGINX_ETC/sites-enabled/platypush.conf
DEBIAN_LINK=$NGINX_ETC/sites-enabled/default
NGINX_RUNTIME=/run/nginx-platypush
CERTIFICATE=$ETC/tls/cert.pem
KEY=$ETC/tls/key.pem
# Of the common kind that browsers take: they refuse more than 825 days.
CERTIFICATE_DAYS=825
# Renewed by the next deploy/install from then on.
RENEWAL_SECONDS=$((30 * 24 * 3600))

# The files of the site, however many there are now.
site_files() {
    local path
    for path in "$SITE" "$SITE_LINK" "$NGINX_ETC"/conf.d/platypush*.conf "$NGINX_ETC"/snippets/platypush-*.conf \
        "$UNITS/nginx.service.d/platypush.conf"; do
        if [ -e "$path" ] || [ -L "$path" ]; then
            printf '%s\n' "$path"
        fi
    done
}

# A certificate of our own, for when there is no other (yet).
make_certificate() {
    [ "$TLS" = selfsigned ] || [ "$TLS" = letsencrypt ] || return 0
    if [ -s "$CERTIFICATE" ] && [ -s "$KEY" ] && certificate_names_match &&
        openssl x509 -in "$CERTIFICATE" -noout -checkend "$RENEWAL_SECONDS" >/dev/null; then
        return
    fi
    say "Making a certificate of our own"
    (
        umask 077
        watched openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $CERTIFICATE_DAYS \
            -subj "/CN=$(certificate_name)" -addext "subjectAltName=$(alternative_names)" \
            -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
            -keyout "$KEY.new" -out "$CERTIFICATE.new"
    ) || fail "The certificate could not be made."
    mv "$KEY.new" "$KEY"
    chmod 644 "$CERTIFICATE.new"
    mv "$CERTIFICATE.new" "$CERTIFICATE"
}

certificate_name() {
    local name=${DOMAIN%% *}
    name=${name:-$(hostname)}
    printf '%s' "${name:0:64}"
}

# Every name and address by which this machine is reached at home.
alternative_names() {
    local name address names=()
    for name in $DOMAIN "$(hostname)" "$(hostname).local" localhost; do
        names+=("DNS:$name")
    done
    for address in 127.0.0.1 ::1 $(hostname -I 2>/dev/null); do
        # Not those of one link: they have no meaning in a browser.
        [[ $address == fe80:* ]] || names+=("IP:$address")
    done
    printf '%s\n' "${names[@]}" | awk '!seen[$0]++' | paste -sd, -
}

certificate_names_match() {
    local name have
    have=$(openssl x509 -in "$CERTIFICATE" -noout -ext subjectAltName 2>/dev/null)
    for name in $DOMAIN; do
        [[ "$have," == *"DNS:$name,"* ]] || return 1
    done
}

# install_site: render the site with the release that runs, and let nginx serve it. What nginx does not accept is taken
# back, and the old site goes on.
install_site() {
    local saved
    saved=$(mktemp -d)
    save_site "$saved"
    make_way
    write_install_env
    if ! watched "$COMMAND" render nginx --output /; then
        restore_site "$saved"
        fail "nginx's site could not be rendered: the lines above say why."
    fi
    ln -sfn ../sites-available/platypush.conf "$SITE_LINK"
    systemctl daemon-reload
    # nginx's unit makes it at its next start, but the test of the files wants it now.
    mkdir -p "$NGINX_RUNTIME"
    if ! nginx -t >>"$LOG" 2>&1; then
        restore_site "$saved"
        tail -n 5 "$LOG" >&2
        fail "nginx does not accept the site: the lines above say why. The site that was there goes on."
    fi
    rm -rf "$saved"
    watched systemctl enable nginx.service || true
    if systemctl is-active --quiet nginx.service && [ -S "$NGINX_RUNTIME/status.sock" ]; then
        watched systemctl reload nginx.service
    else
        watched systemctl restart nginx.service
    fi || fail "nginx does not start: journalctl -u nginx"
}

# make_way: the ports' default belongs to us, unless another site wants to be it. Debian's own page gives way; it comes
# back when the hub is uninstalled.
# shellcheck disable=SC2034 # both are written to install.env
make_way() {
    if [ -L "$DEBIAN_LINK" ] && [ "$(readlink -f "$DEBIAN_LINK")" = "$NGINX_ETC/sites-available/default" ]; then
        rm "$DEBIAN_LINK"
        DEBIAN_SITE=removed
    fi
    DEFAULT_SERVER=yes
    if grep -rsE '^\s*listen\s[^;]*default_server' "$NGINX_ETC"/sites-enabled/ "$NGINX_ETC"/conf.d/ \
        --exclude='platypush*.conf' -q; then
        DEFAULT_SERVER=no
        [ -n "$DOMAIN" ] || say "Another site of nginx serves requests without a known name. This hub needs one: --domain NAME"
    fi
}

save_site() {
    local files
    mapfile -t files < <(site_files)
    if [ ${#files[@]} != 0 ]; then
        tar -cPf "$1/site.tar" "${files[@]}"
    fi
}

restore_site() {
    delete_site
    if [ -e "$1/site.tar" ]; then
        tar -xPf "$1/site.tar"
    fi
    rm -rf "$1"
    systemctl daemon-reload
}

delete_site() {
    local files
    mapfile -t files < <(site_files)
    if [ ${#files[@]} != 0 ]; then
        rm -f "${files[@]}"
    fi
    if [ -d "$UNITS/nginx.service.d" ]; then
        rmdir --ignore-fail-on-non-empty "$UNITS/nginx.service.d"
    fi
}

# remove_site: nginx as it was before. Nothing happens where it does not serve the hub.
remove_site() {
    [ -n "$(site_files)" ] || return 0
    delete_site
    if [ "${DEBIAN_SITE:-}" = removed ] && [ -e "$NGINX_ETC/sites-available/default" ] && ! [ -e "$DEBIAN_LINK" ]; then
        ln -s "$NGINX_ETC/sites-available/default" "$DEBIAN_LINK"
    fi
    DEBIAN_SITE=''
    systemctl daemon-reload
    # Not a reload: it would go on using the folder that it had for the hub.
    if systemctl is-active --quiet nginx.service; then
        watched systemctl restart nginx.service || say "nginx does not start any more: journalctl -u nginx"
    fi
    rm -rf "$NGINX_RUNTIME"
}

# fetch_certificate EMAIL: one of Let's Encrypt, in the place of ours. Without it the hub serves with ours.
fetch_certificate() {
    local name words=()
    for name in $DOMAIN; do
        words+=(--domain "$name")
    done
    if [ -n "$1" ]; then
        words+=(--email "$1")
    else
        words+=(--register-unsafely-without-email)
    fi
    say "Asking Let's Encrypt for a certificate for $DOMAIN"
    if watched certbot certonly --non-interactive --agree-tos --keep-until-expiring --cert-name "${DOMAIN%% *}" \
        --webroot --webroot-path /var/lib/platypush-acme "${words[@]}" \
        --deploy-hook "$(originals "$CURRENT")/deploy/renew-hook"; then
        install_site
    else
        say "There is no certificate of Let's Encrypt yet; the lines above say why. The hub serves with one of its own
    meanwhile. When port 80 of $DOMAIN leads here, start this again: deploy/install --tls letsencrypt"
    fi
}
