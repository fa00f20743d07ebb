# One image for api, worker and migrate; the command chooses.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json tsconfig.json ./
COPY activities ./activities
COPY api ./api
COPY cli ./cli
COPY client ./client
COPY config ./config
COPY db ./db
COPY docs ./docs
COPY domain ./domain
COPY engines ./engines
COPY metrics ./metrics
COPY pages ./pages
COPY providers ./providers
COPY temporal ./temporal
COPY worker ./worker
COPY workflows ./workflows
# The files stay root's: the process can read them and not change them.
# Workers share it; the files below belong to root and stay as they are.
RUN node --import tsx/esm worker/build-bundle.ts

USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
CMD ["node", "--import", "tsx/esm", "api/main.ts"]
