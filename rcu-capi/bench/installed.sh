# Sourced here: installs the libraries to $prefix, for pkg-config, and makes a $folder for what is built against them.
prefix=$(cd ../.. && pwd)/target/capi
../install.sh "$prefix" 2>/dev/null
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
