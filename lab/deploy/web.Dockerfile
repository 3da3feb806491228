# The page with Apache, prefork and mod_php, as the image has them.
FROM php:8.2-apache
RUN docker-php-ext-install mysqli
COPY index.php /var/www/html/
