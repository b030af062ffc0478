# SPDX-License-Identifier: Apache-2.0
# frozen_string_literal: true

workers 2
threads 4, 16
bind "tcp://127.0.0.1:#{ENV.fetch('FIELD_PORT')}"
environment 'production'
persistent_timeout 60
rackup "#{__dir__}/config.ru"
