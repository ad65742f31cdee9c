#!/bin/sh
# Runs the kernel tests on an emulated PC with AVX-512, for machines without (Debian 12; some minutes).
#   tests/emulation/run_bochs.sh [CPU [GTEST_FILTER]]
# CPU is one that `bochs --help cpu` lists: corei7_skylake_x has AVX-512, corei7_icelake_u also VNNI (the default).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
model=${1:-corei7_icelake_u}
filter=${2:-'Dispatch*:Checksum*:*avx512*'}
work="$root/build/bochs-$model"

missing=""
for package in bochs bochsbios bochs-term vgabios isolinux syslinux-common xorriso cpio; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
# shellcheck disable=SC2086 # a list of packages
[ -z "$missing" ] || apt-get install -y -q --no-install-recommends $missing >/dev/null

# The test as a static binary, and the process that starts it.
cmake -S "$root" -B "$root/build/static" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_EXE_LINKER_FLAGS=-static \
  -DHEED_BUILD_CONVERTER=OFF >/dev/null
cmake --build "$root/build/static" --target kernels_test
rm -rf "$work"
mkdir -p "$work/root/dev" "$work/iso/isolinux" "$work/kernel"
find "$root/build/static" -name kernels_test -type f -exec strip -o "$work/root/kernels_test" {} \;
cc -O2 -static -o "$work/root/init" "$here/init.c"
(cd "$work/root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/iso/initrd.gz"

# Debian's kernel for virtual machines, which is small.
cd "$work/kernel"
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -n 1)
apt-get download -q "$package" >/dev/null 2>&1
dpkg -x ./*.deb .
cp boot/vmlinuz-* ../iso/vmlinuz

# What Bochs 2.7 gets wrong about saved registers is switched off: pku (515), xsavec (321), xsaves (323), or Linux
# refuses the vector registers; and newer features on which it hangs: fsrm, rdpid, umip, fsgsbase, erms, invpcid.
cd "$work"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 iso/isolinux/
cat >iso/isolinux/isolinux.cfg <<END
DEFAULT heed
PROMPT 0
LABEL heed
  KERNEL /vmlinuz
  APPEND initrd=/initrd.gz console=ttyS0 loglevel=4 nokaslr mitigations=off tsc=reliable lsm=none clearcpuid=515,321,323,580,534,514,288,297,298 -- --gtest_filter=$filter
END
xorriso -as mkisofs -quiet -o run.iso -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 \
  -boot-info-table iso 2>/dev/null
sed "s/@MODEL@/$model/" "$here/bochsrc.in" >bochsrc
echo c >commands # Debian's Bochs starts in its debugger: continue

echo "running in $work; the output follows when the machine has switched off"
TERM=xterm timeout 7200 script -qec "bochs -q -f bochsrc -rc commands" /dev/null >bochs.out 2>&1 </dev/null || true
tr -d '\r' <serial.txt | grep -a -v '^ *$'
grep -a -q 'kernels_test ended with 0' serial.txt
