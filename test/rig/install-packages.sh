# Installs the npm packages of a clone that has none yet, or that has those of another commit. Sourced.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
  echo 'installing npm packages' >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json node_modules/.installed-lock.json
fi
