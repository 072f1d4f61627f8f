# Runs as the first process of its namespaces: a machine with users of its own
# and an sshd, for as long as the input is open.
# Arguments: a folder with keys, this project, and the logins.
set -e
keys=$1
project=$2
shift 2

mount -t tmpfs -o mode=755 class /srv
mkdir /srv/keys /srv/home /srv/bin /srv/etc /srv/punchline
cp "$keys"/host "$keys"/id.pub /srv/keys/
mount --bind "$project" /srv/punchline
cat >/srv/bin/punchline <<'END'
#!/bin/sh
exec /srv/punchline/node_modules/.bin/node /srv/punchline/dist/punchline.cjs "$@"
END
chmod 755 /srv/bin/punchline

cp /etc/passwd /etc/group /etc/shadow /srv/etc/
id=61000
for login; do
  id=$((id + 1))
  echo "$login:x:$id:$id::/srv/home/$login:/bin/sh" >>/srv/etc/passwd
  echo "$login:x:$id:" >>/srv/etc/group
  echo "$login:*:19000:0:99999:7:::" >>/srv/etc/shadow
  mkdir -m 700 "/srv/home/$login"
  chown "$id:$id" "/srv/home/$login"
done
# The teacher's room, which is the first login's.
mkdir -m 755 /srv/school
chown 61001:61001 /srv/school
for file in passwd group shadow; do
  mount --bind "/srv/etc/$file" "/etc/$file"
done
mount -t tmpfs -o mode=755 class /run
mount -t tmpfs -o mode=1777 class /tmp
mkdir /run/sshd
# Where udev runs, all users may open it.
mknod -m 666 /srv/etc/tun c 10 200
mount --bind /srv/etc/tun /dev/net/tun
ip link set lo up

cat >/srv/etc/sshd_config <<'END'
ListenAddress 127.0.0.1
HostKey /srv/keys/host
AuthorizedKeysFile /srv/keys/id.pub
PasswordAuthentication no
UsePAM no
PidFile none
MaxStartups 100
SetEnv PATH=/srv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
END
/usr/sbin/sshd -D -e -f /srv/etc/sshd_config 2>/srv/sshd.log &
sshd=$!
until grep -q "listening on" /srv/sshd.log; do
  kill -0 "$sshd" || { cat /srv/sshd.log >&2; exit 1; }
  sleep 0.05
done
echo ready
cat >/dev/null
