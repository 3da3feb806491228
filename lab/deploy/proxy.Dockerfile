FROM nginx:1.28
COPY nginx.conf /etc/nginx/nginx.conf
# The image runs what it finds there before it starts nginx.
COPY --chmod=755 await-replicas.sh /docker-entrypoint.d/
