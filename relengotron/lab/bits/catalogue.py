"""Which packages make up the lab's distribution?

Names, sub-packages and the relations between them follow a real distribution of 2016; contents are small text files.
"""

from relengotron.lab.bits.package import Binary, Source, binary, source

BASE: tuple[Source, ...] = (
    source("setup-2.10.1-1", binary("setup", files="/usr/etc/passwd,/usr/etc/group,/usr/etc/hosts", noarch=True)),
    source("filesystem-3.2-37", binary("filesystem", "setup", files="/usr/share/filesystem/layout")),
    source("basesystem-11-2", binary("basesystem", "setup,filesystem", noarch=True)),
    source(
        "tzdata-2016d-1",
        binary("tzdata", files="/usr/share/zoneinfo/UTC,/usr/share/zoneinfo/Europe/Berlin", noarch=True),
    ),
    source(
        "glibc-2.23.1-7",
        binary("glibc", "glibc-common,basesystem", "libc.so.6,libm.so.6,ld-linux.so.2", "/usr/lib/libc.so.6"),
        binary("glibc-common", "glibc,tzdata", files="/usr/bin/locale,/usr/bin/getent"),
        binary("glibc-langpack-en", "glibc-common", "glibc-langpack", "/usr/lib/locale/en_US/LC_CTYPE"),
        binary("glibc-doc", noarch=True),
    ),
    source(
        "ncurses-6.0-5",
        binary("ncurses-base", files="/usr/share/terminfo/x/xterm", noarch=True),
        binary("ncurses-libs", "glibc,ncurses-base", "libtinfo.so.6,libncursesw.so.6", "/usr/lib/libtinfo.so.6"),
        binary("ncurses", "ncurses-libs,libc.so.6", files="/usr/bin/tput,/usr/bin/clear"),
    ),
    source(
        "readline-6.3-8", binary("readline", "libtinfo.so.6,libc.so.6", "libreadline.so.6", "/usr/lib/libreadline.so.6")
    ),
    source(
        "bash-4.3.42-5",
        binary("bash", "libc.so.6,libtinfo.so.6,filesystem", "/bin/sh,/bin/bash", "/usr/bin/bash,/usr/bin/sh"),
        binary("bash-doc", "bash", noarch=True),
    ),
    source("zlib-1.2.8-10", binary("zlib", "libc.so.6", "libz.so.1", "/usr/lib/libz.so.1")),
    source("pcre-8.39-2", binary("pcre", "libc.so.6", "libpcre.so.1", "/usr/lib/libpcre.so.1")),
    source(
        "libselinux-2.5-3",
        binary("libselinux", "libpcre.so.1,libc.so.6", "libselinux.so.1", "/usr/lib/libselinux.so.1"),
        binary("libselinux-utils", "libselinux", files="/usr/sbin/getenforce"),
    ),
    source(
        "selinux-policy-3.13.1-190",
        binary("selinux-policy", "/bin/sh", files="/usr/etc/selinux/config", noarch=True),
        binary("selinux-policy-targeted", "selinux-policy,coreutils", "selinux-policy-base", noarch=True),
    ),
    source(
        "coreutils-8.25-5",
        binary("coreutils", "coreutils-common,libc.so.6,libselinux.so.1", files="/usr/bin/ls,/usr/bin/cp,/usr/bin/cat"),
        binary("coreutils-common", files="/usr/share/locale/de/coreutils.mo"),
    ),
    source(
        "util-linux-2.28-2",
        binary("libuuid", "libc.so.6", "libuuid.so.1", "/usr/lib/libuuid.so.1"),
        binary("libblkid", "libuuid", "libblkid.so.1", "/usr/lib/libblkid.so.1"),
        binary("libmount", "libblkid.so.1,libselinux.so.1", "libmount.so.1", "/usr/lib/libmount.so.1"),
        binary("util-linux", "libmount.so.1,libtinfo.so.6,coreutils", files="/usr/bin/mount,/usr/bin/lsblk"),
    ),
    source(
        "shadow-utils-4.2.1-8",
        binary("shadow-utils", "libselinux.so.1,setup", files="/usr/sbin/useradd"),
        epoch=2,
    ),
    source(
        "openssl-1.0.2h-1",
        binary("openssl", "openssl-libs,coreutils", files="/usr/bin/openssl"),
        binary("openssl-libs", "libz.so.1,ca-certificates", "libcrypto.so.10,libssl.so.10", "/usr/lib/libcrypto.so.10"),
        binary("openssl-devel", "openssl-libs,pkgconfig(zlib)", "pkgconfig(openssl)", "/usr/include/openssl/ssl.h"),
        epoch=1,
    ),
    source("pkgconfig-0.29-2", binary("pkgconfig", "libc.so.6", "pkgconfig(zlib)", "/usr/bin/pkg-config")),
    source(
        "ca-certificates-2016.2.7-1",
        binary("ca-certificates", "/bin/sh", files="/usr/share/pki/ca-trust-source/ca-bundle.p11-kit", noarch=True),
    ),
    source(
        "fedora-release-@N@-2",
        binary("fedora-release", "fedora-repos", "system-release,base-module", "/usr/lib/os-release", noarch=True),
        binary("fedora-release-atomichost", "fedora-release", noarch=True),
    ),
    source("fedora-repos-@N@-2", binary("fedora-repos", files="/usr/etc/yum.repos.d/fedora.repo", noarch=True)),
)

SYSTEM: tuple[Source, ...] = (
    source(
        "dbus-1.11.2-1",
        binary("dbus-libs", "libc.so.6", "libdbus-1.so.3", "/usr/lib/libdbus-1.so.3"),
        binary("dbus", "dbus-libs,/bin/sh", files="/usr/bin/dbus-daemon"),
        epoch=1,
    ),
    source(
        "systemd-229-8",
        binary("systemd-libs", "libc.so.6,libselinux.so.1", "libsystemd.so.0,libudev.so.1", "/usr/lib/libsystemd.so.0"),
        binary(
            "systemd",
            "systemd-libs,dbus,libmount.so.1,util-linux,/bin/sh",
            "syslog",
            "/usr/bin/systemctl,/usr/lib/systemd/systemd,/usr/lib/systemd/system/default.target",
        ),
        binary("systemd-udev", "systemd,libblkid.so.1", "udev", "/usr/lib/systemd/systemd-udevd"),
        binary("systemd-container", "systemd", files="/usr/bin/machinectl"),
    ),
    source("glib2-2.48.1-1", binary("glib2", "libpcre.so.1,libz.so.1,libmount.so.1", "libglib-2.0.so.0")),
    source(
        "curl-7.47.1-4",
        binary("libcurl", "libssl.so.10,libz.so.1", "libcurl.so.4", "/usr/lib/libcurl.so.4"),
        binary("curl", "libcurl", files="/usr/bin/curl"),
    ),
    source(
        "python3-3.5.1-7",
        binary("python3", "python3-libs", "python(abi) = 3.5,/usr/bin/python3", "/usr/bin/python3.5"),
        binary("python3-libs", "libcrypto.so.10,libz.so.1,libreadline.so.6", "libpython3.5m.so.1.0"),
    ),
    source("gnupg2-2.1.11-3", binary("gnupg2", "libz.so.1,libreadline.so.6", "gpg", "/usr/bin/gpg2")),
    source("less-481-6", binary("less", "libtinfo.so.6", files="/usr/bin/less")),
    source("nano-2.5.3-2", binary("nano", "libncursesw.so.6", files="/usr/bin/nano")),
    source("sudo-1.8.15-4", binary("sudo", "libselinux.so.1,shadow-utils,/bin/sh", files="/usr/bin/sudo")),
    source(
        "openssh-7.2p2-6",
        binary("openssh", "libcrypto.so.10,libselinux.so.1", files="/usr/bin/ssh-keygen"),
        binary("openssh-clients", "openssh", "openssh-askpass-capable", "/usr/bin/ssh"),
        binary("openssh-server", "openssh,systemd", files="/usr/sbin/sshd,/usr/lib/systemd/system/sshd.service"),
    ),
    source(
        "kernel-4.5.5-300",
        binary("kernel", "kernel-core,kernel-modules"),
        binary(
            "kernel-core",
            "dracut,linux-firmware,systemd-udev",
            "kernel-uname-r",
            "/usr/lib/modules/@VRA@/vmlinuz,/usr/lib/modules/@VRA@/config",
        ),
        binary("kernel-modules", "kernel-uname-r", files="/usr/lib/modules/@VRA@/kernel/fs/xfs/xfs.ko"),
        binary("kernel-doc", noarch=True),
    ),
    source("linux-firmware-20160609-64", binary("linux-firmware", files="/usr/lib/firmware/wifi.bin", noarch=True)),
    source("dracut-044-18", binary("dracut", "systemd-udev,coreutils,/bin/sh", files="/usr/bin/dracut")),
    source(
        "grub2-2.02-0.34",
        binary("grub2-tools", "coreutils,/bin/sh", files="/usr/sbin/grub2-mkconfig"),
        binary("grub2", "grub2-tools", "bootloader", "/usr/lib/grub/i386-pc/boot.img"),
        epoch=1,
    ),
    source(
        "vim-7.4.1868-1",
        binary("vim-filesystem", files="/usr/share/vim/vimfiles/keep", noarch=True),
        binary("vim-minimal", "libselinux.so.1,libtinfo.so.6", "vi", "/usr/bin/vi"),
        binary("vim-common", "vim-filesystem", files="/usr/share/vim/vim74/defaults.vim"),
        binary("vim-enhanced", "vim-common,libtinfo.so.6", "vim", "/usr/bin/vim"),
        epoch=2,
    ),
    source(
        "NetworkManager-1.2.2-2",
        binary("NetworkManager-libnm", "libglib-2.0.so.0,libudev.so.1", "libnm.so.0", "/usr/lib/libnm.so.0"),
        binary("NetworkManager", "NetworkManager-libnm,dbus,systemd", files="/usr/sbin/NetworkManager"),
        epoch=1,
    ),
    source("iptables-1.4.21-16", binary("iptables", "libc.so.6,systemd", files="/usr/sbin/iptables")),
    source("chrony-2.4-1", binary("chrony", "systemd,libc.so.6", "ntp-client", "/usr/sbin/chronyd")),
    source(
        "rpm-4.13.0-0.rc1.27",
        binary("rpm-libs", "libcrypto.so.10,libz.so.1", "librpm.so.7", "/usr/lib/librpm.so.7"),
        binary("rpm", "rpm-libs,coreutils,curl", files="/usr/bin/rpm"),
    ),
    source("libsolv-0.6.20-3", binary("libsolv", "librpm.so.7,libz.so.1", "libsolv.so.0", "/usr/lib/libsolv.so.0")),
)

HOST: tuple[Source, ...] = (
    source(
        "ostree-2016.5-3",
        binary("ostree-libs", "libglib-2.0.so.0,libcurl.so.4,gpg", "libostree-1.so.1", "/usr/lib/libostree-1.so.1"),
        binary("ostree", "ostree-libs,dracut,systemd-udev", files="/usr/bin/ostree"),
        binary("ostree-grub2", "ostree,grub2", files="/usr/lib/ostree/grub2-15_ostree"),
    ),
    source(
        "rpm-ostree-2016.3-2",
        binary(
            "rpm-ostree-libs", "libostree-1.so.1,libsolv.so.0", "librpmostree-1.so.1", "/usr/lib/librpmostree-1.so.1"
        ),
        binary("rpm-ostree", "rpm-ostree-libs,librpm.so.7", files="/usr/bin/rpm-ostree"),
    ),
    source("runc-0.1.1-4", binary("runc", "libc.so.6", "oci-runtime", "/usr/bin/runc")),
    source(
        "docker-1.10.3-21",
        binary("docker", "docker-selinux,iptables,oci-runtime,systemd", files="/usr/bin/docker"),
        binary("docker-selinux", "selinux-policy-base", files="/usr/share/selinux/packages/docker.pp"),
        binary("docker-vim", "docker,vim-filesystem"),
        epoch=2,
    ),
    source("etcd-2.2.5-5", binary("etcd", "systemd,shadow-utils", files="/usr/bin/etcd")),
    source("flannel-0.5.5-6", binary("flannel", "systemd,etcd", files="/usr/bin/flanneld")),
    source(
        "kubernetes-1.2.0-0.24",
        binary("kubernetes", "kubernetes-node,kubernetes-master"),
        binary("kubernetes-client", "libc.so.6", files="/usr/bin/kubectl"),
        binary("kubernetes-node", "kubernetes-client,docker,flannel,socat", files="/usr/bin/kubelet"),
        binary("kubernetes-master", "kubernetes-client,etcd", files="/usr/bin/kube-apiserver"),
    ),
    source("socat-1.7.3.1-2", binary("socat", "libssl.so.10,libreadline.so.6", files="/usr/bin/socat")),
    source(
        "cockpit-0.108-1",
        binary("cockpit", "cockpit-bridge,cockpit-shell,cockpit-ws"),
        binary("cockpit-bridge", "libglib-2.0.so.0,libsystemd.so.0", files="/usr/bin/cockpit-bridge"),
        binary("cockpit-shell", "cockpit-bridge", files="/usr/share/cockpit/shell/index.html", noarch=True),
        binary("cockpit-ws", "libssl.so.10,libglib-2.0.so.0", files="/usr/libexec/cockpit-ws"),
        binary("cockpit-docker", "cockpit-bridge,docker", files="/usr/share/cockpit/docker/index.html"),
    ),
    source("atomic-1.10.5-1", binary("atomic", "python3,docker,python(abi) = 3.5", files="/usr/bin/atomic")),
    source("cloud-init-0.7.6-8", binary("cloud-init", "python3,shadow-utils,sudo", noarch=True)),
)

ELSEWHERE: tuple[Source, ...] = (
    source("nethack-3.6.0-31", binary("nethack", "libncursesw.so.6", files="/usr/bin/nethack")),
    source("fpaste-0.3.8.2-2", binary("fpaste", "python3", files="/usr/bin/fpaste", noarch=True)),
    source(
        "gimp-2.8.16-3", binary("gimp", "libglib-2.0.so.0,gimp-libs"), binary("gimp-libs", "libglib-2.0.so.0"), epoch=2
    ),
)

BROKEN = Source(
    "broken-scriptlet",
    "1.0",
    "1",
    (Binary("broken-scriptlet", ("/bin/sh",), (), ("/usr/share/doc/broken-scriptlet/README",), scriptlet="exit 1"),),
    "A package whose %post always fails, to rehearse a failing tree compose",
)

CATALOGUE: tuple[Source, ...] = (*BASE, *SYSTEM, *HOST, *ELSEWHERE, BROKEN)


def find(name: str) -> Source:
    """The source package of that name at its first version."""
    return next(each for each in CATALOGUE if each.name == name)
