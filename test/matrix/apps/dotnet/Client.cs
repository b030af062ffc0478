// HttpClient: a handler for each connection, kept from one line to the next.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

static class Client
{
    const int StreamsInFlight = 4;
    static readonly Dictionary<string, List<HttpClient>> kept = new Dictionary<string, List<HttpClient>>();

    static void Main()
    {
        AppContext.SetSwitch("System.Net.Http.SocketsHttpHandler.Http2UnencryptedSupport", true);
        Console.WriteLine("READY");
        for (var line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            var words = line.Split(' ');
            try
            {
                Run(words[0], words[1], int.Parse(words[2]), int.Parse(words[3]), int.Parse(words[4])).GetAwaiter().GetResult();
                Console.WriteLine($"DONE {words[0]}");
            }
            catch (Exception error)
            {
                Console.WriteLine($"FAILED {words[0]} {error.GetBaseException().Message}");
            }
        }
    }

    static async Task Run(string column, string url, int first, int count, int connections)
    {
        if (!kept.ContainsKey(column)) kept[column] = new List<HttpClient>();
        var clients = kept[column];
        while (clients.Count < connections)
            clients.Add(new HttpClient(new HttpClientHandler { MaxConnectionsPerServer = 1 }));
        var version = column.StartsWith("h2") ? new Version(2, 0) : new Version(1, 1);
        var next = first - 1;
        // The connection first: requests at the same time on a new client would open several.
        foreach (var client in clients.Take(connections)) await Send(client, url, version, Interlocked.Increment(ref next));
        var work = clients.Take(connections).SelectMany(client => Enumerable.Range(0, version.Major == 2 ? StreamsInFlight : 1)
            .Select(async _ =>
            {
                for (var number = Interlocked.Increment(ref next); number < first + count; number = Interlocked.Increment(ref next))
                    await Send(client, url, version, number);
            }));
        await Task.WhenAll(work.ToArray());
    }

    static async Task Send(HttpClient client, string url, Version version, int number)
    {
        var (path, body) = Words.RequestOf(number);
        var request = new HttpRequestMessage(body == null ? HttpMethod.Get : HttpMethod.Post, url + path) { Version = version };
        if (body != null) request.Content = new ByteArrayContent(body);
        using (var response = await client.SendAsync(request)) await response.Content.ReadAsByteArrayAsync();
    }
}
